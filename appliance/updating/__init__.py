"""New versions of the whole system: two slots, tried once, committed when healthy (docs/updates.md)."""

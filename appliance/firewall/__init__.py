"""The device's packet filter: in only what is offered, out only what is configured (docs/hardening.md)."""

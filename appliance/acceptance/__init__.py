"""Is this appliance ready to be lived with? Five trials, each really done."""

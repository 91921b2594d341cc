"""A spoken exchange, decided purely."""

"""Who speaks: profiles, voices, and one confidence out of all evidence."""

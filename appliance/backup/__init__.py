"""Backups of what cannot be fetched again: made while running, verified, restored here or elsewhere."""

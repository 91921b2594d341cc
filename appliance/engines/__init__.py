"""Engines: one file, one library. Loaded by name, only inside the stage that needs them."""

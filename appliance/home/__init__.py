"""The home: what is in it, and how it is reached."""

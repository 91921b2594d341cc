"""Models, checks and care."""

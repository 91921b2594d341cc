"""What was said, kept only where somebody asked for it (`history.days`)."""

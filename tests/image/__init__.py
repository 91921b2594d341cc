"""The image and its parts."""

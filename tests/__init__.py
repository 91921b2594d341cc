"""Tests; a package, so that another installed `tests` does not stand in for it."""

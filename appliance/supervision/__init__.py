"""Children: their lives, their limits, their walls."""

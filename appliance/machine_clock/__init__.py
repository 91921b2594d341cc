"""A wall clock for machines that lose theirs with the power: it never goes back at boot."""

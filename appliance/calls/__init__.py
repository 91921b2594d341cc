"""Rooms for programs on this machine: a browser's microphone and loudspeaker, a typed conversation."""

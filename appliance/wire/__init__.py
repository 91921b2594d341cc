"""The language between supervisor and stages, and the socket it travels on."""

"""A voice appliance for the home that needs no cloud."""

__version__ = "0.1.0"

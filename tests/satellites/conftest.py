"""The broker for these tests."""

from tests.broker import broker

__all__ = ["broker"]

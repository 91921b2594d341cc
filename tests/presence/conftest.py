"""A real broker for every test here that wants one."""

from tests.broker import broker

__all__ = ["broker"]

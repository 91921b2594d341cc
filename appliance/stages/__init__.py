"""Stages: one sandboxed process each, one engine each, one loop for all."""

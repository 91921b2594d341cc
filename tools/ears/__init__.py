"""Trains and measures the product's own acoustic model from synthetic speech; started by tools/recogniser."""

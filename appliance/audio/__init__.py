"""Sound as numbers: formats, buffers, endpoints, files and devices."""

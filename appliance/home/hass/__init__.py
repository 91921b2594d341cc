"""The home through Home Assistant's WebSocket API."""

"""Topics, discovery and the one MQTT client."""

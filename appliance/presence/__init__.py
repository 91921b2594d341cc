"""The appliance and its satellites as devices in Home Assistant, over MQTT."""

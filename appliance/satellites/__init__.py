"""Microphones and loudspeakers in other rooms, over MQTT."""

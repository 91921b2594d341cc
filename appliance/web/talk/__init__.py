"""Speech in a browser: a WebSocket on one side, a call of the appliance on the other."""

"""The web page and the HTTP API: a process of its own, which asks the appliance over its local sockets."""

"""From the first power-on to an appliance that is in the network and has an owner."""

"""Memory of each part on each kind of machine, what gives way first, when another machine is due."""

"""From words to things in the house: what templates alone do not find. Pure."""

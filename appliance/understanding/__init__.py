"""From a sentence to deeds, decided purely."""

"""Can this machine, with this configuration, hear, understand, do and answer? Found out without a sound."""

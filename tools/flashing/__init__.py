"""Puts an image of the appliance on a card or disk, and makes what is needed beside the image.

Runs on a person's own PC, started by tools/flash: the standard library, rich, and the programs `zstd` and
(only with settings to put on) `mtools`. No appliance needs to be installed for it.
"""

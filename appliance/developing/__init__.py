"""For those who work on the appliance: all of it in one terminal, anew with every change."""

"""Every test of the house, by what it shows."""

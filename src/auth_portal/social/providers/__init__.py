"""The providers, one file each; `registry.py` knows them all."""

"""Reads the environment once into one frozen record per slice."""

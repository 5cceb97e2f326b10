"""The JSON API, one file per slice."""

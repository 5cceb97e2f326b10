"""The pages, one file per slice."""

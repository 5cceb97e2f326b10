"""The ports made real, one file per slice."""

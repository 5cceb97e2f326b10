"""The attack table, row by row."""

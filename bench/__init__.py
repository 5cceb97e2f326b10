"""Benchmarks that anyone can rerun: the real server, and in the same run the limit of the machine."""

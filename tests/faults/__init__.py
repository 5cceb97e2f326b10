"""Faults: databases, disks, signals and settings that go wrong under a real server."""

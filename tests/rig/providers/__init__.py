"""Identity providers on loopback: one that others wrote, and stand-ins that can lie on demand."""

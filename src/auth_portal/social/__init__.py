"""Proof from elsewhere: providers, the handshake, linking."""

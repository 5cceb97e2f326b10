"""Proofs spent exactly once: mail links, OAuth states, hand-off codes, pending registrations."""

"""Knowing a secret: hashing, policy, check, change, reset."""

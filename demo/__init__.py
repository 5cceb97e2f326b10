"""A portal with an identity provider beside it, to try "Sign in with …" without any account elsewhere."""

"""How often one may try."""

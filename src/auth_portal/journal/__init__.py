"""What happened, append-only: the audit trail, and what metrics hang on."""

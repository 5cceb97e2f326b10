"""Who exists: the account, its identities, how an e-mail address is written. No flows."""

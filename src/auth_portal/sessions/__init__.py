"""Being signed in: the session, its tokens, and the flows that open, rotate, end and recognise."""

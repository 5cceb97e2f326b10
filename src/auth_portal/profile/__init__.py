"""Looking after one's own account: names, address, events, export, delete."""

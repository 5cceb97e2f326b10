"""Letters and how they leave: the outbox, the courier, the senders, the templates."""

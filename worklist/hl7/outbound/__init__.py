"""From what happened here to messages, and from messages to their destinations."""

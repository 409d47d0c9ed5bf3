"""The message browser: what came in, what went out, what became of it."""

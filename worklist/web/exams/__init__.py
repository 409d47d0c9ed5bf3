"""One exam: its page, what may be done with it, its questions and its slots."""

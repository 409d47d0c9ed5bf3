"""The radiologists' pages: the queue and the case."""

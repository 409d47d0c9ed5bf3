"""The day board: rooms as columns, exams as cards, and the orders that wait beside it."""

"""Arrival, start, performed procedure steps and completion of exams."""

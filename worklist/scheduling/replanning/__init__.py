"""Re-plan booked exams together: gather, solve, propose, apply."""

"""Search: patients and exams by whatever a caller says."""

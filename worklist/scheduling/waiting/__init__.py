"""The waiting list: slots that become free are offered to exams that would come sooner."""

"""The audit trail: who did what to which patient, order or exam, and when."""

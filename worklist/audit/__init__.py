"""Who did what to which patient, order or exam, and when."""

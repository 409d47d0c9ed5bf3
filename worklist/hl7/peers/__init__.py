"""The systems that messages come from and go to, as data."""

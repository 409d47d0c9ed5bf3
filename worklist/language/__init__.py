"""Texts in the language of whoever reads them, and times and numbers as they are written in it."""

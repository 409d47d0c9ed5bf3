"""Performed steps that belong to no exam: what they may be of, and what becomes of them."""

"""Availability, slot search, placement and its explanation."""

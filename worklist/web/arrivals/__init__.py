"""Arrivals: who is expected, who is late, who is here, and checking in."""

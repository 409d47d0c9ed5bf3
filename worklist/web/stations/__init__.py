"""Stations: how each scanner is served, what it asked, and why an exam is not on its list."""

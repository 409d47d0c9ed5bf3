"""A room's week: its hours, closures and blocks."""

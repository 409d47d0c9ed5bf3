"""The technologists' pages: all rooms, one room's day, and the wall board."""

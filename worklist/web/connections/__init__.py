"""The hospital systems around, and what waits for them."""

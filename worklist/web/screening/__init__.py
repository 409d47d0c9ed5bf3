"""Pages of the screening forms."""

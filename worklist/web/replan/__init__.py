"""Re-plan proposals: what would move, who must be called, apply or dismiss."""

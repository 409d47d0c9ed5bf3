"""Critical findings: who must be told, by when, and who was told."""

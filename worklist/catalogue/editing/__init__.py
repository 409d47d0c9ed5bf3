"""The catalogue changed one thing at a time, with its history: what administrators do on pages."""

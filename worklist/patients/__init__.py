"""Patients: identity, merge, and the clinical facts that rules read."""

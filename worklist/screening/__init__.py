"""Screening forms: questions as data, whose answers are clinical facts."""

"""The radiologists' reading queue: tasks, claims, release."""

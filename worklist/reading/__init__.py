"""The radiologists' reading queue: tasks, claims, reports and critical findings."""

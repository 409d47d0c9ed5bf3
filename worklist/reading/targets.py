"""How soon an exam is to be read, by its priority."""

from datetime import timedelta

from worklist.vocabulary import Priority

# From "exam performed" to "read": a department's defaults (clinical rule catalogue, priorities).
TARGETS: dict[Priority, timedelta] = {
    Priority.STAT: timedelta(minutes=30),
    Priority.URGENT: timedelta(hours=1),
    Priority.ASAP: timedelta(hours=4),
    Priority.ROUTINE: timedelta(hours=24),
}

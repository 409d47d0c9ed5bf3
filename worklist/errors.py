"""The error that a person or another system is meant to read."""


class DomainError(Exception):
    """Something that was asked for cannot be done; the text says why and what to do instead."""


class NotFoundError(DomainError):
    """What was named does not exist."""


class ConflictError(DomainError):
    """What was asked for has been overtaken by another change; look again and repeat."""

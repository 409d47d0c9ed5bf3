"""The error that a person or another system is meant to read."""

from collections.abc import Sequence


class DomainError(Exception):
    """Something that was asked for cannot be done; the text says why and what to do instead."""

    @property
    def text(self) -> str:
        """What the error was raised with: a `worklist.language.text.Text` stays one."""
        first = self.args[0] if self.args else ""
        return first if isinstance(first, str) else str(self)

    @property
    def details(self) -> Sequence[str]:
        """What else there is to tell, a line each: why each of several things cannot be done."""
        return ()


class NotFoundError(DomainError):
    """What was named does not exist."""


class ConflictError(DomainError):
    """What was asked for has been overtaken by another change; look again and repeat."""

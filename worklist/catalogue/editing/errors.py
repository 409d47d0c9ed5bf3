"""What is wrong with one field of a form."""

from worklist.errors import DomainError


class FieldError(DomainError):
    """A value that cannot be; ``field`` says which."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field

"""Texts that people read: English as they are written in the code, and ready to be translated.

The code is written with ``_("There is no room %(code)s.", code=code)``. What comes back *is* the
English sentence: logs, tables, HL7 and commands use it as the string that it is. Whoever shows it
to a person gives it to `worklist.language.catalogues.tell` first (templates do so by themselves).
"""

from typing import Any


class Text(str):
    """An English sentence that knows of which message and parameters it was made."""

    __slots__ = ("message", "number", "parameters", "plural")

    message: str
    plural: str | None
    number: int
    parameters: dict[str, Any]

    @classmethod
    def of(
        cls, message: str, plural: str | None, number: int, parameters: dict[str, Any]
    ) -> "Text":
        """Return the English text of a message; ``plural`` and ``number`` where it counts."""
        english = message if plural is None or number == 1 else plural
        made = cls(english % parameters if parameters else english)
        made.message, made.plural, made.number = message, plural, number
        made.parameters = parameters
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Text.of, (self.message, self.plural, self.number, self.parameters)


def _(message: str, /, **parameters: Any) -> Text:  # noqa: ANN401 - what can be written
    """Return a text; ``%(name)s`` in it stands for a parameter, which may be a text itself."""
    return Text.of(message, None, 1, parameters)


def ngettext(singular: str, plural: str, number: int, /, **parameters: Any) -> Text:  # noqa: ANN401
    """Return a text that counts; ``%(num)s`` in it stands for the number."""
    return Text.of(singular, plural, number, {"num": number, **parameters})

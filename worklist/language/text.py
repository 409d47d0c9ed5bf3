"""Texts that people read: English as they are written in the code, and ready to be translated.

The code is written with ``_("There is no room %(code)s.", code=code)``. What comes back *is* the
English sentence: logs, tables, HL7 and commands use it as the string that it is. Whoever shows it
to a person gives it to `worklist.language.catalogues.tell` first (templates do so by themselves).
"""

import re
from collections.abc import Iterable
from typing import Any

_ACRONYMS = {"mr": "MR", "egfr": "eGFR", "inr": "INR"}
_PARTS = re.compile(r"_|(?<=[a-z])\.(?=[a-z])")


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


def ngettext(singular: str, plural: str, number: int, /, **parameters: Any) -> Text:  # noqa: ANN401 - whatever a text can show
    """Return a text that counts; ``%(num)s`` in it stands for the number."""
    return Text.of(singular, plural, number, {"num": number, **parameters})


def joined(parts: Iterable[str], between: str = ", ") -> Text:
    """Return several texts as one."""
    parameters = {f"part{number}": part for number, part in enumerate(parts)}
    return Text.of(between.join(f"%({name})s" for name in parameters), None, 1, parameters)


def code(value: str) -> Text:
    """Return a code such as ``preparation_chair``, ``IN PROGRESS`` or ``exam.moved`` as words.

    The words of those that a page may show are listed in ``worklist/web/codes.py``.
    """
    plain = " ".join(_ACRONYMS.get(one, one) for one in _PARTS.split(str(value)))
    return _(plain.lower() if plain.isupper() and plain not in _ACRONYMS.values() else plain)

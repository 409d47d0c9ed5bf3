"""Values of the catalogue, as pages and files of administrators tell them: in words, not codes.

The files are read by people alone: the catalogue is loaded from TOML.
"""

from collections.abc import Iterable, Mapping

from worklist.language import formats
from worklist.language.text import _
from worklist.web.body_parts import body_part
from worklist.web.language import locale, tell
from worklist.web.words import word

_CODED = frozenset({"kind", "contrast", "route", "operating_mode"})
_NOTHING = "\N{EN DASH}"


def value_words(value: object, name: str = "") -> str:
    """Return the value of a field; of a list or a table all that is in it."""
    if isinstance(value, float):
        value = formats.shortest(value, locale())
    if value is None or value in ("", [], {}):
        return _NOTHING
    if isinstance(value, bool):
        return tell(_("yes") if value else _("no"))
    if isinstance(value, Mapping):
        return ", ".join(f"{word(key)} {value_words(one, key)}" for key, one in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(value_words(one, name) for one in value)
    if name == "body_part":
        return body_part(str(value))
    return word(str(value)) if name in _CODED else str(value)

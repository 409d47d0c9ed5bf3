"""A station's profile as a form: lists one a line, keys as ``Keyword = value``."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from worklist.catalogue.profile_file import ProfileEntry
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.language.value_errors import words

_LISTS = ("left_out", "addresses")
_PAIRS = ("forced_keys", "filled")
_YES_NO = ("transliterate", "strict_mpps")


def read(form: Mapping[str, str]) -> ProfileEntry:
    """Return the profile of a form.

    Raises:
        DomainError: a value is not what is expected; the text says where and what.
    """
    values: dict[str, Any] = {
        name: text.strip() for name, text in form.items() if name in ProfileEntry.model_fields
    }
    values = {name: text for name, text in values.items() if text}
    for name in _LISTS:
        values[name] = [line.strip() for line in form.get(name, "").splitlines() if line.strip()]
    for name in _PAIRS:
        values[name] = dict(_pairs(name, form.get(name, "")))
    for name in _YES_NO:
        values[name] = name in form
    try:
        return ProfileEntry.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or _("The profile")
        raise DomainError(_("%(place)s: %(msg)s.", place=place, msg=words(first))) from error


def _pairs(name: str, text: str) -> list[tuple[str, str]]:
    pairs = []
    for line in filter(None, map(str.strip, text.splitlines())):
        keyword, equals, value = line.partition("=")
        if not equals:
            raise DomainError(
                _("%(name)s: expected Keyword = value, not %(line)s.", name=name, line=repr(line))
            )
        pairs.append((keyword.strip(), value.strip()))
    return pairs

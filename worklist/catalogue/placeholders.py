"""Texts of the catalogue with ``{names}`` that are filled in later."""

from collections.abc import Sequence
from string import Formatter

from worklist.language.text import _


def check(text: str, known: Sequence[str]) -> None:
    """Refuse a text that cannot be filled in.

    Raises:
        ValueError: it names what is not ``known``, or says how to write it, or a brace is left
            open.
    """
    try:
        # A width or a conversion (PEP 3101) is no part of a name here: one could be endless.
        named = [
            f"{name}{f'!{conversion}' if conversion else ''}{f':{width}' if width else ''}"
            for _, name, width, conversion in Formatter().parse(text)
            if name is not None
        ]
    except ValueError as error:
        raise ValueError(_("expected each { to be closed by a }")) from error
    if unknown := [name for name in named if name not in known]:
        listed = ", ".join(f"{{{name}}}" for name in known)
        raise ValueError(
            _(
                "expected no placeholder but %(listed)s; %(unknown)s is not one of them",
                listed=listed,
                unknown=repr(unknown[0]),
            )
        )

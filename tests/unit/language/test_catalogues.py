"""Every catalogue is whole: each message has its translation, with the same parameters."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from worklist.language.catalogues import locales
from worklist.setting_values import TRANSLATIONS

_ROOT = TRANSLATIONS.parent
_PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")


def _catalogue(locale: str) -> Catalog:
    with (TRANSLATIONS / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale)


def _forms(message: Message) -> list[tuple[str, str]]:
    """Return the English forms, each with its translation."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, message.string or (), strict=True))


@pytest.mark.parametrize("locale", [one for one in locales() if one != "en"])
def test_every_message_is_translated_with_the_same_parameters(locale: str) -> None:
    messages = [message for message in _catalogue(locale) if message.id]
    assert messages
    assert [one.id for one in messages if one.fuzzy] == []
    for message in messages:
        for english, told in _forms(message):
            assert told.strip(), f"{english!r} has no translation"
            assert sorted(_PLACEHOLDER.findall(told)) == sorted(_PLACEHOLDER.findall(english))


@pytest.mark.parametrize("locale", [one for one in locales() if one != "en"])
def test_every_text_that_is_marked_is_in_the_catalogue(locale: str, tmp_path: Path) -> None:
    collected = tmp_path / "messages.pot"
    options = ("--mapping-file=pyproject.toml", f"--output-file={collected}")
    command = [sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract", *options, "."]
    subprocess.run(command, cwd=_ROOT, check=True)
    with collected.open("rb") as file:
        marked = {message.id for message in read_po(file) if message.id}
    known = {message.id for message in _catalogue(locale) if message.id}
    assert marked - known == set(), "run `make messages` and add the translations"
    assert marked

"""Texts are their English sentence wherever a string is wanted, and can be told in German."""

import pickle

import pytest

from worklist.errors import DomainError
from worklist.language.catalogues import locales, own_name, tell
from worklist.language.text import _, code, ngettext


def test_a_text_is_its_english_sentence() -> None:
    text = _("There are no pages in the language %(locale)s.", locale="tlh")
    assert text == "There are no pages in the language tlh."
    assert f"{text}" == "There are no pages in the language tlh."
    assert type(str(text)) is str
    assert tell(text, "en") == text


def test_a_text_is_told_in_german() -> None:
    text = _("There are no pages in the language %(locale)s.", locale="tlh")
    assert tell(text, "de") == "Es gibt keine Seiten in der Sprache tlh."
    assert tell(pickle.loads(pickle.dumps(text)), "de") == tell(text, "de")  # noqa: S301 - our own


def test_what_is_counted_is_told_in_the_number_that_it_has() -> None:
    assert ngettext("%(num)s day", "%(num)s days", 1) == "1 day"
    assert tell(ngettext("%(num)s day", "%(num)s days", 1), "de") == "1 Tag"
    assert tell(ngettext("%(num)s day", "%(num)s days", 3), "de") == "3 Tage"


def test_a_parameter_that_is_a_text_is_told_too() -> None:
    inner = _("unknown")
    text = _("There are no pages in the language %(locale)s.", locale=inner)
    assert text == "There are no pages in the language unknown."
    assert tell(text, "de") == "Es gibt keine Seiten in der Sprache unbekannt."


@pytest.mark.parametrize("text", ["", "Nobody ever wrote this sentence, 100 % sure."])
def test_what_no_catalogue_knows_stays_as_it_is(text: str) -> None:
    assert tell(text, "de") == text
    assert tell(text, "fr") == text


def test_an_error_keeps_the_text_that_it_was_raised_with() -> None:
    error = DomainError(_("unknown"))
    assert str(error) == "unknown"
    assert tell(error.text, "de") == "unbekannt"
    assert DomainError().text == ""


def test_languages_are_english_and_those_with_a_catalogue() -> None:
    assert locales()[0] == "en"
    assert "de" in locales()
    assert own_name("de") == "Deutsch"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("preparation_chair", "preparation chair"),
        ("IN PROGRESS", "in progress"),
        ("mr_safety_officer", "MR safety officer"),
        ("egfr", "eGFR"),
    ],
)
def test_a_code_is_told_in_words(value: str, words: str) -> None:
    assert code(value) == words

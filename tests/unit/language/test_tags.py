"""Languages as hospital systems name them (ISO 639, BCP 47, HL7 table 0296)."""

import pytest

from worklist.language.tags import language_name, language_of


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("deu", "de"),
        ("ger", "de"),
        ("de-AT", "de"),
        ("de_AT", "de"),
        ("German", "de"),
        ("tur", "tr"),
        ("eng", "en"),
        ("", ""),
        ("xx", ""),
        ("Klingonish", ""),
    ],
)
def test_a_language_is_known_by_code_and_name(given: str, code: str) -> None:
    assert language_of(given) == code


def test_a_language_has_its_name() -> None:
    assert language_name("de", "en") == "German"
    assert language_name("de", "de") == "Deutsch"

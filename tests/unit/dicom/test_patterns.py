"""Wild cards and person names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worklist.dicom import patterns
from worklist.patients.names import normalise


def oracle(pattern: str, text: str) -> bool:
    """Match one character after another, as the standard's words say."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(oracle(pattern[1:], text[i:]) for i in range(len(text) + 1))
    return bool(text) and pattern[0] in {"?", text[0]} and oracle(pattern[1:], text[1:])


@given(st.text("ab*?%_.\\", max_size=7), st.text("ab%_.\n\\", max_size=7))
def test_wild_cards_match_as_their_definition(pattern: str, text: str) -> None:
    assert patterns.matches(pattern, text) == oracle(pattern, text)


def test_universal() -> None:
    assert patterns.is_universal("")
    assert patterns.is_universal("*")
    assert not patterns.is_universal("?")
    assert not patterns.is_universal("A*")


def test_names_ignore_case_and_accents() -> None:
    assert patterns.name_matches("MULLER^ANNA", ["Müller^Anna"])
    assert patterns.name_matches("müller*", ["MULLER^ANNA^MARIA"])
    assert not patterns.name_matches("MULLER", ["Müller^Anna"])
    assert not patterns.name_matches("SMITH*", ["Müller^Anna"])


def test_names_are_found_in_every_component_group() -> None:
    groups = ["Yamada^Tarou", "山田^太郎", "やまだ^たろう"]
    assert patterns.name_matches("山田*", groups)
    assert patterns.name_matches("YAMADA^TAROU", groups)
    assert patterns.name_matches("YAMADA*=山田*", groups)
    assert not patterns.name_matches("YAMADA*=田中*", groups)


def test_names_by_component() -> None:
    assert patterns.name_matches("SMITH^J*", ["Smith^John"])
    assert not patterns.name_matches("SMITH^*", ["Smithson^John"])
    assert patterns.name_matches("SMITH^*", ["Smith"])
    assert patterns.name_matches("^JOHN", ["Smith^John"])
    assert patterns.name_matches("SM?TH^JOHN", ["Smith^John"])
    assert not patterns.name_matches("SMITH?", ["Smith"])
    assert patterns.name_matches("Smith^John^^", ["Smith^John"])


_letters = st.text("aÄ *?^=_%", max_size=8)
_names = st.text("aÄb ^", max_size=6)


@given(_letters, st.tuples(_names, _names, _names))
def test_the_sql_pattern_never_loses_a_name(key: str, groups: tuple[str, str, str]) -> None:
    if not patterns.name_matches(key, groups):
        return
    search_name = normalise(*groups)
    for like in patterns.name_like(key):
        wild = like.replace("\\_", "\0").replace("\\%", "\1").replace("%", "*").replace("_", "?")
        pattern = wild.replace("\0", "_").replace("\1", "%")
        assert oracle(pattern, search_name)


@pytest.mark.parametrize(
    ("key", "name", "expected"),
    [
        ("MUELLER^ANNA", "Müller^Anna", True),
        ("Anna^Muller", "Müller^Anna", True),
        ("Smithe^Jon", "Smith^Jon", True),
        ("Johnsson", "Johnson^Eva", True),
        ("Brown", "Müller^Anna", False),
        ("Muller^Bob", "Müller^Anna", False),
        ("Mull*", "Müller^Anna", True),
    ],
)
def test_fuzzy_names_resemble(key: str, name: str, *, expected: bool) -> None:
    assert patterns.fuzzy_name_matches(key, [name]) is expected

import pytest

from worklist.patients.names import display, normalise


@pytest.mark.parametrize(
    ("name", "searched"),
    [
        ("MÜLLER^Jürgen", "muller jurgen"),
        ("Łukasiewicz^Øyvind", "lukasiewicz oyvind"),
        ("O'Neil^Séan^^Dr", "o'neil sean dr"),
        ("Straße^Anna", "strasse anna"),
        ("山田^太郎", "山田 太郎"),
    ],
)
def test_search_form_has_no_case_and_no_accents(name: str, searched: str) -> None:
    assert normalise(name) == searched


def test_component_groups_are_searched_together() -> None:
    assert normalise("Yamada^Tarou", "山田^太郎", "") == "yamada tarou 山田 太郎"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("DOE^JANE^MARY", "DOE, JANE MARY"), ("DOE", "DOE"), ("DOE^^^^", "DOE"), ("^JANE", "JANE")],
)
def test_display(name: str, shown: str) -> None:
    assert display(name) == shown

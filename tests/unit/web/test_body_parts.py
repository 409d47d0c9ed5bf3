"""Body parts are shown in words, not as DICOM's terms."""

import pytest

from worklist.demonstration.load import read_procedures
from worklist.language.catalogues import translations
from worklist.web.body_parts import MEANINGS, meaning


# DICOM PS3.16, annex L: defined terms of Body Part Examined and what they mean.
@pytest.mark.parametrize(
    ("term", "english", "german"),
    [
        ("LSPINE", "lumbar spine", "Lendenwirbelsäule"),
        ("lspine", "lumbar spine", "Lendenwirbelsäule"),
        ("ABDOMENPELVIS", "abdomen and pelvis", "Bauch und Becken"),
        ("LEFT EAR LOBE", "LEFT EAR LOBE", "LEFT EAR LOBE"),
    ],
)
def test_a_term_is_told_in_words(term: str, english: str, german: str) -> None:
    assert meaning(term) == english
    assert translations("de").gettext(meaning(term)) == german


def test_every_body_part_of_the_demonstration_has_its_words() -> None:
    assert {one.body_part for one in read_procedures().procedures} <= MEANINGS.keys()

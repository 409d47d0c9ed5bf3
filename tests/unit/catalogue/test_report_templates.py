"""What a report template may name."""

import pytest

from worklist.catalogue.report_templates import check_content


def test_a_text_names_what_an_exam_fills_in() -> None:
    text = "{procedure} {side} {reason} {clinical_information} {contrast} {dose} {comparison}"
    assert check_content(text) == text


@pytest.mark.parametrize(
    ("content", "problem"),
    [("By {reader}", "'reader' is not one"), ("Dose {dose", "closed by")],
)
def test_what_cannot_be_filled_in_is_refused(content: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_content(content)

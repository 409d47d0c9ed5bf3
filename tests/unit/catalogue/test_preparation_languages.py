"""A preparation in other languages, as the procedure's page takes it."""

import pytest
from pydantic import ValidationError

from worklist.catalogue.editing import entries

FIELDS = {
    "code": "71250",
    "name": "CT chest",
    "modality": "CT",
    "body_part": "CHEST",
    "minutes": 15,
}


def test_each_language_begins_a_line() -> None:
    typed = "de: Bitte nüchtern kommen.\nUhren: zu Hause lassen.\n\ntr: Aç gelin."
    procedure = entries.Procedure.model_validate({**FIELDS, "preparation_translations": typed})
    assert procedure.preparation_translations == {
        "de": "Bitte nüchtern kommen.\nUhren: zu Hause lassen.",
        "tr": "Aç gelin.",
    }


@pytest.mark.parametrize("typed", ["Bitte nüchtern kommen.", "xx: Something", "German: Bitte"])
def test_a_text_without_its_language_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="begin a line with its language"):
        entries.Procedure.model_validate({**FIELDS, "preparation_translations": typed})

"""Values of the catalogue are told in words, in lists, histories and files."""

import pytest
from flask import Flask
from flask_babel import Babel

from worklist.web.administration.value_words import value_words


@pytest.mark.parametrize(
    ("value", "name", "words"),
    [
        ("LSPINE", "body_part", "lumbar spine"),
        ("LSPINE", "code", "LSPINE"),
        ("gadolinium_group_2", "contrast", "gadolinium group 2"),
        ("preparation_chair", "kind", "preparation chair"),
        (None, "body_part", "\N{EN DASH}"),
        ([], "capabilities", "\N{EN DASH}"),
        (0, "minutes", "0"),
        (False, "active", "no"),
        (["CT", "MR"], "modalities", "CT, MR"),
        (
            [{"name": "uptake", "kind": "uptake_bay", "minutes": 60, "patient_present": True}],
            "phases",
            "name uptake, kind uptake bay, minutes 60, patient present yes",
        ),
    ],
)
def test_a_value_is_told_in_words(value: object, name: str, words: str) -> None:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        assert value_words(value, name) == words

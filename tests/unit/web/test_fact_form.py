"""Every kind of fact has a form and can be told in words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from worklist.errors import DomainError
from worklist.patients import facts
from worklist.patients.models import ClinicalFact, FactKind
from worklist.web.exams.fact_form import entry_text, fact_text, form_of

VALUES: dict[type[Any], dict[str, Any]] = {
    facts.Quantity: {"number": 1.5},
    facts.YesNo: {"answer": True},
    facts.Reaction: {"severity": "mild"},
    facts.Allergy: {"severity": "mild"},
    facts.ImplantValue: {"safety": "safe"},
    facts.Word: {},
}


@pytest.mark.parametrize("kind", list(FactKind))
def test_every_kind_has_a_form_and_words(kind: FactKind) -> None:
    form = form_of(kind)
    assert form.name
    fact = ClinicalFact(
        kind=kind,
        subject="subject",
        value=VALUES[facts.SHAPES[kind]],
        observed_at=datetime(2026, 11, 24, tzinfo=UTC),
    )
    assert fact_text(fact).startswith(form.name)
    entry = {"kind": kind.value, "subject": "subject", "value": fact.value}
    assert entry_text(entry) == fact_text(fact)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(DomainError, match="shoe_size"):
        form_of("shoe_size")

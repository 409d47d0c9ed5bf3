"""Every kind of fact has a form and can be told in words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, g

from worklist.errors import DomainError
from worklist.patients import facts
from worklist.patients.details import FactDetails
from worklist.patients.models import ClinicalFact, FactKind, FactOrigin
from worklist.web.exams.fact_form import entry_text, fact_text, form_of, read

_NOW = datetime(2026, 11, 24, tzinfo=UTC)
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


def test_a_ratio_is_told_without_a_unit() -> None:
    inr = ClinicalFact(kind=FactKind.INR, subject="", value={"number": 1.4}, observed_at=_NOW)
    assert fact_text(inr) == "INR 1.4"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(DomainError, match="shoe_size"):
        form_of("shoe_size")


def test_the_limits_of_an_implants_card_are_read_and_told() -> None:
    app = Flask(__name__)
    fields = {"kind": "implant", "subject": "stent", "safety": "conditional", "sar_w_kg": "1,5"}
    with app.test_request_context():
        g.now = _NOW
        read_back = read("implant", fields | {"b1_rms_ut": " ", "slew_rate_t_m_s": "125"})
        with pytest.raises(DomainError, match="'much' is not a number"):
            read("implant", fields | {"b1_rms_ut": "much"})
    value = facts.check(read_back)
    assert (value["sar_w_kg"], value["b1_rms_ut"], value["slew_rate_t_m_s"]) == (1.5, None, 125)
    told = fact_text(
        ClinicalFact(kind=FactKind.IMPLANT, subject="stent", value=value, observed_at=_NOW)
    )
    assert "whole-body SAR up to 1.5 W/kg, slew rate up to 125 T/m/s" in told


@pytest.mark.parametrize("limit", ["sar_w_kg", "b1_rms_ut", "spatial_gradient_t_m"])
def test_a_limit_is_more_than_nothing(limit: str) -> None:
    details = FactDetails(
        kind=FactKind.IMPLANT,
        subject="stent",
        value={"safety": "conditional", limit: 0},
        observed_at=_NOW,
        origin=FactOrigin.DESK,
    )
    with pytest.raises(facts.FactError, match=limit):
        facts.check(details)

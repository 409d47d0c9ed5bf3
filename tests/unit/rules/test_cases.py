"""Trying other thresholds on exams, and the documentation of the rules."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.rules.cases import CT, MAN, NOW, PLAIN_MR, THRESHOLDS, aged, egfr, room
from worklist.errors import DomainError
from worklist.rules import cases, describe
from worklist.rules.cases import Case, CasesFile
from worklist.rules.facts import ExamFacts, PatientFacts, RoomFacts
from worklist.rules.parameters import with_changes

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "rules.md"


def case(name: str, patient: PatientFacts, exam: ExamFacts, *rooms: RoomFacts) -> Case:
    return Case(name=name, at=NOW, patient=patient, exam=exam, rooms=rooms)


def test_the_documentation_is_what_the_rules_and_their_data_say() -> None:
    page = "\n".join(describe.catalogue()) + "\n"
    assert DOCUMENTATION.read_text("utf-8") == page, (
        "run `worklist rules docs --output docs/rules.md`"
    )


def test_an_exam_between_two_limits_is_judged_differently() -> None:
    between = case("A1", replace(MAN, renal_function=egfr(33)), CT)
    above = case("A2", replace(MAN, renal_function=egfr(50)), CT)
    tried = with_changes({"egfr_low": 35})
    (found,) = cases.compare([between, above], THRESHOLDS, tried)
    assert found.case is between
    assert {one.rule for one in found.gone} == {"IC-03"}
    assert [type(one).__name__ for one in found.new if one.rule == "IC-02"] == ["Hold", "Extend"]
    lines = list(describe.differences([found], 2))
    assert lines[:3] == [
        "1 of 2 exams would be judged differently.",
        "blocked: 0 more, 0 fewer.",
        "held: 1 more, 0 fewer.",
    ]
    assert any(line.startswith("  + IC-02 hold (radiologist): ") for line in lines)
    assert any(line.startswith("  - IC-03 warn: ") for line in lines)


def test_the_same_finding_with_another_limit_in_its_sentence_is_no_difference() -> None:
    low = case("A1", replace(MAN, renal_function=egfr(12)), CT)
    assert list(cases.compare([low], THRESHOLDS, with_changes({"egfr_low": 31}))) == []


def test_rooms_are_judged_too() -> None:
    scanner = room("MR01", bore_cm=60)
    wide = case("A1", replace(MAN, girth_cm=150.0, mr_screened_at=NOW), PLAIN_MR, scanner)
    (found,) = cases.compare([wide], THRESHOLDS, with_changes({"bore_margin_cm": 40}))
    assert [(one.rule, type(one).__name__) for one in found.new] == [("MR-05", "Block")]


def test_a_file_of_facts_is_read_as_it_was_written() -> None:
    content = CasesFile(
        thresholds={"egfr_low": 35},
        exams=(case("A1", aged(61, renal_function=egfr(33)), CT, room("CT01", "shielded")),),
    )
    assert cases.read(cases.write(content)) == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "the whole file"),
        (json.dumps({"limits": {}}), "limits"),
        (json.dumps({"exams": [{"name": "A1"}]}), "exams.0.at"),
        (json.dumps({"thresholds": 3}), "thresholds"),
    ],
)
def test_a_wrong_file_of_facts_is_refused_with_the_place(content: str, message: str) -> None:
    with pytest.raises(DomainError, match=message):
        cases.read(content)

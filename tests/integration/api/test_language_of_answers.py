"""Sentences are in the language that is asked for; what programs read stays as it is."""

import ast
from pathlib import Path

import pytest

from tests.support.api import Program

ROOT = Path(__file__).parents[3]
ANSWERING = sorted((ROOT / "worklist" / "web").rglob("*api.py"))
_ANSWERS = {"Done", "Leaving.of"}
_GERMAN = "de-AT,de;q=0.9,en;q=0.1"


@pytest.mark.usefixtures("department")
def test_what_was_done_is_said_in_the_language_asked_for(desk: Program) -> None:
    closure = {
        "starts_at": "2026-11-24T08:30:00Z",
        "ends_at": "2026-11-24T12:00:00Z",
        "reason": "Service",
    }
    closed = desk.post("/resources/CT01/closures", closure, Accept_Language=_GERMAN)
    assert closed["text"] == "CT01 ist dann geschlossen."
    (kept,) = desk.get("/resources/CT01/week?day=2026-11-24")["closures"]
    opened = desk.post(f"/resources/CT01/closures/{kept['id']}/end", Accept_Language=_GERMAN)
    assert opened["text"] == "CT01 ist wieder geöffnet."


@pytest.mark.parametrize("path", ANSWERING, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_was_done_is_marked_for_translation(path: Path) -> None:
    assert list(_unmarked(path.read_text("utf-8"))) == []


def test_an_unmarked_answer_is_found() -> None:
    assert list(_unmarked('Done(text="It is done.")'))
    assert list(_unmarked('Leaving.of(f"{code} is closed.", exams)'))
    assert not list(_unmarked('Done(text=_("It is done."))'))


def _unmarked(source: str) -> list[str]:
    calls = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Call)]
    return [
        ast.unparse(call)
        for call in calls
        if ast.unparse(call.func) in _ANSWERS
        for text in [*call.args[:1], *(one.value for one in call.keywords)]
        if isinstance(text, ast.Constant | ast.JoinedStr)
    ]


def test_problems_are_in_the_language_asked_for(desk: Program) -> None:
    assert (
        desk.send("GET", "/exams/999999", Accept_Language=_GERMAN).headers["Content-Language"]
        == "de"
    )
    missing = desk.get("/nothing/here", status=404, Accept_Language=_GERMAN)
    assert missing["title"] == "Nicht gefunden"
    wrong = desk.post(
        "/patients", {"given": "Jane", "shoe": 43}, status=422, Accept_Language=_GERMAN
    )
    assert (wrong["type"], wrong["title"]) == (
        "urn:worklist:problem:invalid",
        "Das ist nicht möglich",
    )
    said = {one["where"]: one["what"] for one in wrong["errors"]}
    assert said["body.family"] == "füllen Sie das aus"
    assert "body.family: füllen Sie das aus." in wrong["detail"]
    refused = desk.get("/accounts", status=403, Accept_Language=_GERMAN)
    assert refused["detail"].startswith("Dafür ist die Berechtigung")
    no_exam = desk.get("/exams/999999", status=404, Accept_Language=_GERMAN)
    assert (no_exam["type"], no_exam["status"]) == ("urn:worklist:problem:not-found", 404)
    assert no_exam["detail"] == "Es gibt keine Untersuchung 999999."


def test_problems_are_english_where_nothing_else_is_asked_for(desk: Program) -> None:
    assert desk.get("/exams/999999", status=404)["detail"] == "There is no exam 999999."
    french = desk.get("/exams/999999", status=404, Accept_Language="fr")
    assert french["title"] == "Not found"

"""Problems are told in the language that is asked for; what programs read stays as it is."""

from tests.support.api import Program


def test_problems_are_told_in_the_language_asked_for(desk: Program) -> None:
    german = {"Accept_Language": "de-AT,de;q=0.9,en;q=0.1"}
    assert desk.send("GET", "/exams/999999", **german).headers["Content-Language"] == "de"
    missing = desk.get("/nothing/here", status=404, **german)
    assert missing["title"] == "Nicht gefunden"
    wrong = desk.post("/patients", {"given": "Jane", "shoe": 43}, status=422, **german)
    assert (wrong["type"], wrong["title"]) == (
        "urn:worklist:problem:invalid",
        "Das ist nicht möglich",
    )
    said = {one["where"]: one["what"] for one in wrong["errors"]}
    assert said["body.family"] == "füllen Sie das aus"
    assert "body.family: füllen Sie das aus." in wrong["detail"]
    refused = desk.get("/accounts", status=403, **german)
    assert refused["detail"].startswith("Dafür ist die Berechtigung")
    no_exam = desk.get("/exams/999999", status=404, **german)
    assert (no_exam["type"], no_exam["status"]) == ("urn:worklist:problem:not-found", 404)
    assert no_exam["detail"] == "Es gibt keine Untersuchung 999999."


def test_problems_are_english_where_nothing_else_is_asked_for(desk: Program) -> None:
    assert desk.get("/exams/999999", status=404)["detail"] == "There is no exam 999999."
    french = desk.get("/exams/999999", status=404, Accept_Language="fr")
    assert french["title"] == "Not found"

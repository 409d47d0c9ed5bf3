"""Sentences that tables keep in English are told in German; what somebody typed stays."""

import pytest

from worklist.language.recognise import stored
from worklist.language.text import _


@pytest.mark.parametrize(
    ("kept", "german"),
    [
        ("CT1 is free on Tue 24 Nov 10:20.", "CT1 ist am Di. 24.11. 10:20 frei."),
        ("CT1 is free on Sun 25 Oct 02:30 CEST.", "CT1 ist am So. 25.10. 02:30 CEST frei."),
        ("CT1 is free on Sun 05 Apr 01:30 +1030.", "CT1 ist am So. 05.04. 01:30 +1030 frei."),
        ("The patient is on dialysis", "The patient is on dialysis"),  # no whole sentence
        (
            "Renal function is 28 mL/min/1.73 m² (20 Nov 2026); the limit for contrast is 30.",
            (
                "Die Nierenfunktion ist 28 ml/min/1,73 m² (20.11.2026); "
                "die Grenze für Kontrastmittel ist 30."
            ),
        ),
        (
            "INR is 1.7 (20 Nov 2026), more than 1.5. Tell the radiologist.",
            "Die INR ist 1,7 (20.11.2026), mehr als 1,5. Informieren Sie die Radiologie.",
        ),
        (
            "No room in use does PT. No free time in CT1, CT2 within 30 days.",
            (
                "Kein Raum in Betrieb macht Untersuchungen der Modalität PT. "
                "Keine freie Zeit in CT1, CT2 innerhalb von 30 Tagen."
            ),
        ),
        ("The patient is pregnant (week 9).", "Die Patientin ist schwanger (Woche 9)."),
        ("10 more minutes for a wheelchair.", "10 Minuten mehr für einen Rollstuhl."),
        (
            (
                "Renal function is not known: a new eGFR is needed because of an age of 64 and"
                " metformin."
            ),
            (
                "Die Nierenfunktion ist nicht bekannt: "
                "Eine neue eGFR ist nötig wegen Alter 64 und Metformin."
            ),
        ),
        (
            (
                "We looked for a time in MR01 from Thu 26 Nov 03:39 to Thu 26 Nov 09:00. It is"
                " outside its opening hours for 3 h 51 min of that. "
                "It is free for 55 min that are kept for more urgent patients."
            ),
            (
                "In MR01 haben wir von Do. 26.11. 03:39 bis Do. 26.11. 09:00 eine Zeit gesucht. "
                "Davon ist der Raum 3 h 51 min außerhalb der Öffnungszeiten. "
                "Der Raum ist 55 min frei, aber für dringendere Patienten reserviert."
            ),
        ),
        (
            "It is free for 2 h when something else that the exam needs is not: anaesthetist.",
            (
                "Der Raum ist 2 h frei, dann ist aber anderes nicht frei, was die Untersuchung "
                "braucht: Anästhesie."
            ),
        ),
        (
            "MSH-12 (version id) is missing: send 2.3.1 or 2.5.1 for example.",
            "MSH-12 (Version) fehlt: Senden Sie zum Beispiel 2.3.1 oder 2.5.1.",
        ),
    ],
)
def test_a_kept_sentence_is_told_with_its_days_and_figures(kept: str, german: str) -> None:
    assert stored(kept, "de") == german
    assert stored(kept, "en") == kept


@pytest.mark.parametrize(
    "typed",
    ["call", "closed", "unknown", "Ward 3 phoned on Monday: no answer.", "Tube replaced", ""],
)
def test_what_somebody_typed_stays_as_it_is(typed: str) -> None:
    assert stored(typed, "de") == typed


def test_what_is_typed_between_known_sentences_stays() -> None:
    kept = "Planned anew. The daughter brings her."
    assert stored(kept, "de") == "Neu geplant. The daughter brings her."


def test_a_text_is_recognised_again_from_its_english() -> None:
    text = _("%(code)s has no licence for radioactive tracers.", code="PET1")
    assert stored(str(text), "de") == "PET1 hat keine Genehmigung für radioaktive Tracer."

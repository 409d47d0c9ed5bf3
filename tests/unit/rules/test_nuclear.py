"""Nuclear medicine and PET: what the patient does, when the tracer is active, whom it concerns."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from tests.unit.rules.cases import (
    MAN,
    NOW,
    PET,
    PLAIN_CT,
    THRESHOLDS,
    WOMAN,
    effects,
    exam_findings,
    of_rule,
)
from worklist.rules.evaluate import evaluate_exam
from worklist.rules.facts import PatientFacts, Treatment
from worklist.rules.findings import DailyWindows, Finding, PreferUntil
from worklist.rules.parameters import with_changes

BONE_SCAN = replace(
    PLAIN_CT,
    procedure_code="78306",
    modality="NM",
    radiopharmaceutical="Tc-99m medronate",
    uptake_minutes=180,
)


# SNMMI and EANM FDG 2.0: 6 hours of fasting, glucose up to 200 mg/dL.
@pytest.mark.parametrize(
    ("glucose", "expected"), [(200.0, ["Warn"]), (200.1, ["Warn", "Hold"]), (None, ["Warn"])]
)
def test_nm_01_fdg(glucose: float | None, expected: list[str]) -> None:
    patient = replace(MAN, glucose_mg_dl=glucose)
    assert effects("NM-01", patient, PET) == expected
    assert effects("NM-01", patient, replace(PET, radiopharmaceutical="Ga-68 PSMA")) == []
    assert "6 hours" in exam_findings("NM-01", patient, PET)[0].text


def test_nm_01_books_patients_with_diabetes_in_the_morning() -> None:
    patient = replace(MAN, conditions=frozenset({"diabetes"}))
    found = exam_findings("NM-01", patient, PET)
    assert [one.until for one in found if isinstance(one, PreferUntil)] == [time(12)]
    assert "glucose" in found[1].text


# NRC ACMUI 2018: 24 h for all Tc-99m, 4 h for F-18 and Ga-68, 3 d for I-123 iodide; I-131 and
# Lu-177 end it.
@pytest.mark.parametrize(
    ("tracer", "effect", "words"),
    [
        ("Tc-99m MDP", "Warn", "24 hours"),
        ("99mTc-sestamibi", "Warn", "24 hours"),
        ("F-18 FDG", "Warn", "4 hours"),
        ("18F FDG", "Warn", "4 hours"),
        ("Ga-68 PSMA", "Warn", "4 hours"),
        ("Ga-67 citrate", "Warn", "28 days"),
        ("Zr-89 girentuximab", "Warn", "28 days"),
        ("In-111 pentetreotide", "Warn", "6 days"),
        ("Tl-201 chloride", "Warn", "4 days"),
        ("N-13 ammonia", "Warn", "an hour"),
        ("I-123 sodium iodide", "Warn", "3 days"),
        ("I-131 sodium iodide", "Hold", "for good"),
        ("Lu-177 dotatate", "Hold", "for good"),
        ("Rb-82 chloride", "Warn", "need not stop"),
        ("something new", "Hold", "nuclear physician"),
    ],
)
def test_nm_06_breastfeeding(tracer: str, effect: str, words: str) -> None:
    patient = replace(WOMAN, conditions=frozenset({"breastfeeding"}))
    exam = replace(PET, radiopharmaceutical=tracer)
    (finding,) = exam_findings("NM-06", patient, exam)
    assert type(finding).__name__ == effect
    assert words in finding.text
    assert effects("NM-06", WOMAN, exam) == []
    assert effects("NM-06", patient, PLAIN_CT) == []


def delivered(uptake: int, *deliveries: tuple[str, float]) -> list[Finding]:
    doses = [{"at": at, "activity_mbq": activity} for at, activity in deliveries]
    thresholds = with_changes({"tracer_deliveries": {"F-18 FDG": doses}})
    exam = replace(PET, uptake_minutes=uptake)
    return of_rule("NM-02", evaluate_exam(MAN, exam, thresholds, NOW))


def windows(uptake: int, *deliveries: tuple[str, float]) -> list[tuple[time, time]]:
    found = delivered(uptake, *deliveries)
    return [pair for one in found if isinstance(one, DailyWindows) for pair in one.windows]


# F-18 halves in 109.77 min (DDEP): 400 MBq fall to the 200 MBq needed after one half-life, 800 MBq
# after two. The exam starts an uptake later.
@pytest.mark.parametrize(
    ("uptake", "deliveries", "expected"),
    [
        (0, [("07:30", 400.0)], [(time(7, 30), time(9, 19))]),
        (60, [("07:30", 400.0)], [(time(8, 30), time(10, 19))]),
        (0, [("07:30", 800.0)], [(time(7, 30), time(11, 9))]),
        (0, [("07:30", 200.0)], [(time(7, 30), time(7, 30))]),
        (
            0,
            [("07:30", 400.0), ("12:00", 400.0)],
            [
                (time(7, 30), time(9, 19)),
                (time(12, 0), time(13, 49)),
            ],
        ),
        (0, [("09:00", 400.0), ("07:30", 400.0)], [(time(7, 30), time(10, 49))]),
        (0, [("23:00", 800.0)], [(time(23, 0), time(23, 59))]),
    ],
)
def test_nm_02_starts_while_the_tracer_is_active_enough(
    uptake: int, deliveries: list[tuple[str, float]], expected: list[tuple[time, time]]
) -> None:
    assert windows(uptake, *deliveries) == expected


# From twice what is needed one half-life passes, from 1024 times ten (NIST and DDEP): F-18
# 109.77 min, Tc-99m 6.01 h, I-123 13.2 h, Ga-68 67.7 min, Rb-82 76 s.
@pytest.mark.parametrize(
    ("tracer", "at", "half_lives", "until"),
    [
        ("F-18 FDG", time(0), 10, time(18, 17)),
        ("Tc-99m MDP", time(7, 30), 1, time(13, 30)),
        ("Tc-99m MDP", time(0), 3, time(18, 1)),
        ("Tc-99m MDP", time(0), 3.9, time(23, 26)),
        ("I-123 iodide", time(7, 30), 1, time(20, 42)),
        ("I-123 iodide", time(0), 1.13, time(14, 54)),
        ("Ga-68 PSMA", time(7, 30), 1, time(8, 37)),
        ("Ga-68 PSMA", time(7, 30), 10, time(18, 47)),
        ("Rb-82 chloride", time(7, 30), 1, time(7, 31)),
        ("Rb-82 chloride", time(7, 30), 100, time(9, 36)),
    ],
)
def test_nm_02_each_nuclide_halves_in_its_time(
    tracer: str, at: time, half_lives: float, until: time
) -> None:
    doses = [{"at": f"{at:%H:%M}", "activity_mbq": 200.0 * 2**half_lives}]
    thresholds = with_changes(
        {"tracer_deliveries": {tracer: doses}, "tracer_least_mbq": {tracer: 200.0}}
    )
    exam = replace(PET, radiopharmaceutical=tracer, uptake_minutes=0)
    found = of_rule("NM-02", evaluate_exam(MAN, exam, thresholds, NOW))
    assert [one.windows for one in found if isinstance(one, DailyWindows)] == [((at, until),)]


def test_nm_02_a_dose_too_weak_on_arrival_blocks_the_exam() -> None:
    assert [type(one).__name__ for one in delivered(0, ("07:30", 199.9))] == ["Block"]


def test_nm_02_a_tracer_without_deliveries_may_be_given_at_any_time() -> None:
    assert effects("NM-02", MAN, PET) == []
    assert [type(one).__name__ for one in delivered(0, ("07:30", 400.0))] == [
        "DailyWindows",
        "Warn",
    ]


# SNMMI bone scintigraphy: images two to four hours after the injection.
@pytest.mark.parametrize(
    ("wait", "expected"),
    [(119, 2), (120, 1), (240, 1), (241, 2)],
)
def test_nm_03_bone_scan(wait: int, expected: int) -> None:
    found = exam_findings("NM-03", MAN, replace(BONE_SCAN, uptake_minutes=wait))
    assert len(found) == expected
    assert "2 to 4 hours" in found[0].text
    assert effects("NM-03", MAN, PET) == []


# SNMMI and EANM FDG 2.0: two weeks after G-CSF, 10-14 days after chemotherapy, 8-12 weeks after
# radiotherapy.
@pytest.mark.parametrize(
    ("name", "days_ago", "expected"),
    [
        ("g_csf", 13.9, ["Warn"]),
        ("g_csf", 14, []),
        ("chemotherapy", 13.9, ["Warn"]),
        ("chemotherapy", 14, []),
        ("radiotherapy", 83.9, ["Warn"]),
        ("radiotherapy", 84, []),
        ("surgery", 1, []),
    ],
)
def test_nm_05_after_treatment(name: str, days_ago: float, expected: list[str]) -> None:
    treated = Treatment(name=name, last_at=NOW - timedelta(days=days_ago))
    patient: PatientFacts = replace(MAN, treatments=(treated,))
    assert effects("NM-05", patient, PET) == expected
    assert effects("NM-05", patient, BONE_SCAN) == []


def test_nm_06_the_department_may_follow_another_guideline() -> None:
    patient = replace(WOMAN, conditions=frozenset({"breastfeeding"}))
    hours = {**THRESHOLDS.breastfeeding_hours, "Tc-99m": 12.0}
    found = evaluate_exam(patient, BONE_SCAN, replace(THRESHOLDS, breastfeeding_hours=hours), NOW)
    assert "12 hours" in of_rule("NM-06", found)[0].text

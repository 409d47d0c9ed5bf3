"""Findings as JSON, as holds and explanations keep them."""

import json
from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from worklist.rules.findings import (
    Avoid,
    DailyWindows,
    Finding,
    Hold,
    Role,
    values,
)
from worklist.rules.serialise import EFFECTS, effect_of, essence, to_json


def test_every_effect_has_a_name() -> None:
    # By name: a dataclass with slots leaves the class it was made from among the subclasses.
    effects = {kind.__name__ for kind in (*Finding.__subclasses__(), *Avoid.__subclasses__())}
    assert sorted(kind.__name__ for kind in EFFECTS.values()) == sorted(effects)


def test_a_hold_as_json() -> None:
    hold = Hold(
        rule="IC-01",
        text="A text.",
        source="A source",
        role=Role.FRONT_DESK,
        question="Which?",
        fact="egfr",
        found=values("egfr", 28.0, datetime(2026, 11, 2, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))),
    )
    assert to_json(hold) == {
        "effect": "hold",
        "rule": "IC-01",
        "text": "A text.",
        "source": "A source",
        "found": ["egfr", "28.0", "2026-11-02T08:00:00+00:00"],
        "role": "front_desk",
        "question": "Which?",
        "fact": "egfr",
        "subject": "",
        "instead": None,
        "before_booking": True,
    }
    assert effect_of(hold) == "hold"


def test_findings_are_the_same_by_what_was_found_not_by_their_words() -> None:
    hold = Hold(
        rule="IC-02",
        text="Renal function is 28; the limit is 30.",
        source="A source",
        role=Role.RADIOLOGIST,
        question="May contrast be given?",
        found=values("egfr", 28),
    )
    said = essence(to_json(hold))
    reworded = replace(hold, text="Die Nieren: 28.", question="Darf es sein?", source="Other")
    assert essence(json.loads(json.dumps(to_json(reworded)))) == said
    assert essence(to_json(replace(hold, subject="stent", instead="creatinine"))) == said
    assert essence(to_json(replace(hold, found=values("egfr", 12)))) != said
    assert essence(to_json(replace(hold, role=Role.FRONT_DESK))) != said
    assert essence(to_json(replace(hold, rule="IC-03"))) != said


def test_daily_windows_as_json() -> None:
    windows = DailyWindows(
        rule="NM-02", text="A text.", source="A source", windows=((time(7, 30), time(9, 15)),)
    )
    content = json.loads(json.dumps(to_json(windows)))
    assert content["windows"] == [["07:30:00", "09:15:00"]]

"""The story of an exam: whatever is recorded about exams has a sentence of its own."""

import re
from pathlib import Path

from worklist.web.exams import story

ROOT = Path(__file__).parents[3]
RECORDED = re.compile(
    r'(?:audit|trail)\.record\(\s*\w+,\s*(?:\w+,\s*)?"((?:exam|fact|order|screening|hold)\.[a-z_]+)"'
)


def test_each_recorded_action_has_its_sentence() -> None:
    found = {
        action
        for path in (ROOT / "worklist").rglob("*.py")
        for action in RECORDED.findall(path.read_text())
    }
    assert {"exam.moved", "fact.recorded", "order.received"} <= found
    assert found - story._SENTENCES.keys() - story._TELLERS.keys() == set()

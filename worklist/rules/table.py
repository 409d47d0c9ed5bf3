"""What the table of a room bears."""

from collections.abc import Iterator

from worklist.language.text import _
from worklist.rules import sources
from worklist.rules.facts import PatientFacts, RoomFacts
from worklist.rules.findings import Block, values


def too_weak(rule: str, patient: PatientFacts, room: RoomFacts) -> Iterator[Block]:
    """Block a room whose table does not bear the patient; no weight known blocks none."""
    weight, limit = patient.weight_kg, room.table_limit_kg
    if weight is not None and limit is not None and weight > limit:
        yield Block(
            rule=rule,
            text=_(
                "The table of %(code)s bears %(limit)s kg; the patient weighs %(weight)s kg.",
                code=room.code,
                limit=f"{limit:g}",
                weight=f"{weight:g}",
            ),
            source=sources.VENDOR,
            found=values(room.code, "weight", weight),
        )

"""What somebody hostile would type, put into every column that keeps what was typed or sent."""

from sqlalchemy import Column, ColumnElement, String, case, func, literal, update
from sqlalchemy.orm import Session

import worklist.tables  # noqa: F401 - every table is looked at
from worklist.db import Base

# The element tells that a text became markup, whatever the policy forbids to run.
ELEMENT = "wl-x"
MARKUP = f"""'"><{ELEMENT}><img src=x onerror=alert(1)><script>alert(1)</script>{{{{7*7}}}}"""
# One word that no line can break, after a mark that turns the direction of what follows it.
LONG = "\u202e" + "W" * 9_999
SHORTEST = 9  # a column that has room for less has none for an element

# Columns of codes, which are checked against a list where they come in, and of what is made here.
_CODES = """
accession_number action admission_id ae_title attribute bleeding_risk body_part calling channel
character_set acknowledgement_code appointment_number assumed_character_set client_certificate
code coding_scheme control control_id digest error_code fact filler_order_number form host key
kind language locale marked_status message_type modality operation outcome password_hash
performed_procedure_step_id performed_station_ae_title phase placer_order_number problem
processing_id radiopharmaceutical reading_group requested_procedure_id resolution resource_kind
role rule scheduled_procedure_step_id search_name sex sop_class sop_instance_uid
study_instance_uid time_zone transfer_syntax type_code url username version viewer_url
"""
_MADE_HERE = frozenset({"alembic_version", "api_requests", "patient_mails", "nightly_work"})


def spread(session: Session) -> None:
    """Put hostile texts behind what stands in each row: one has both, the next only a long word."""
    for table in Base.metadata.sorted_tables:
        if table.name in _MADE_HERE or "id" not in table.c:
            continue
        columns = [
            column
            for column in table.c
            if type(column.type) is String
            and column.name not in _CODES.split()
            and not (column.foreign_keys or column.unique)
            and _room(column) >= SHORTEST
        ]
        for odd, text in enumerate((LONG, MARKUP + LONG)):
            values = {one.name: _behind(one, text) for one in columns}
            if values:
                session.execute(update(table).where(table.c.id % 2 == odd).values(values))


def _behind(column: Column[str], text: str) -> ColumnElement[str]:
    """Return what stands there and the text; who did something, and why, only if it was done."""
    longer = func.left(func.coalesce(column, "") + literal(text), _room(column))
    if not column.name.endswith(("_by", "_reason")):
        return longer
    return case((func.coalesce(column, "") == "", column), else_=longer)


def _room(column: Column[str]) -> int:
    length = getattr(column.type, "length", None)
    return len(MARKUP + LONG) if length is None else int(length)

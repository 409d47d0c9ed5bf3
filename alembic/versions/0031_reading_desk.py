"""Whom a case is kept for, whose preliminary text there is, and what more is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_STATUS = "ck_reading_tasks_readingstatus"
_BEFORE = ("READY", "CLAIMED", "READ", "WITHDRAWN")
_DICTATED = """
UPDATE reading_tasks SET dictated_at = report.written_at, dictated_by = report.reader
FROM (
    SELECT DISTINCT ON (requested_procedure_id) requested_procedure_id, written_at, reader
    FROM reports WHERE kind = 'PRELIMINARY' ORDER BY requested_procedure_id, id DESC
) report
WHERE report.requested_procedure_id = reading_tasks.requested_procedure_id
  AND status IN ('READY', 'CLAIMED')
"""
_TEXTS = {"dictated_by": 200, "pending_reason": 300, "pending_answer": 300}


def _allow(*words: str) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(op.f(_STATUS), "reading_tasks", type_="check")
    op.create_check_constraint(op.f(_STATUS), "reading_tasks", f"status IN ({listed})")


def upgrade() -> None:
    """Add them."""
    _allow("READY", "CLAIMED", "PENDING", "READ", "WITHDRAWN")
    for name in ("assigned_to_id", "pending_by_id"):
        op.add_column("reading_tasks", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_reading_tasks_{name}"), "reading_tasks", "users", [name], ["id"]
        )
    for name in ("dictated_at", "pending_since"):
        op.add_column(
            "reading_tasks", sa.Column(name, sa.DateTime(timezone=True), nullable=True)
        )
    for name, length in _TEXTS.items():
        text = sa.Column(name, sa.String(length=length), nullable=False, server_default="")
        op.add_column("reading_tasks", text)
    op.execute(_DICTATED)
    op.create_check_constraint(
        op.f("ck_reading_tasks_pending_since"),
        "reading_tasks",
        "(status = 'PENDING') = (pending_since IS NOT NULL)",
    )
    op.create_index(op.f("ix_reading_tasks_assigned_to_id"), "reading_tasks", ["assigned_to_id"])
    op.create_index(
        "ix_reading_tasks_pending",
        "reading_tasks",
        ["pending_since", "id"],
        postgresql_where=sa.text("status = 'PENDING'"),
    )


def downgrade() -> None:
    """Drop them; what is pending is to be read."""
    op.drop_index("ix_reading_tasks_pending", "reading_tasks")
    op.drop_constraint(op.f("ck_reading_tasks_pending_since"), "reading_tasks", type_="check")
    op.execute("UPDATE reading_tasks SET status = 'READY' WHERE status = 'PENDING'")
    _allow(*_BEFORE)
    for name in (*_TEXTS, "dictated_at", "pending_since", "assigned_to_id", "pending_by_id"):
        op.drop_column("reading_tasks", name)

"""Mails to patients, no longer called slips: reminders are among them."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

_INDEXES = ("exam_id", "waiting")


def upgrade() -> None:
    """Rename the table and all that is named after it."""
    _rename("slip_mails", "patient_mails")


def downgrade() -> None:
    """Name it after slips again."""
    _rename("patient_mails", "slip_mails")


def _rename(old: str, new: str) -> None:
    op.rename_table(old, new)
    op.execute(f"ALTER SEQUENCE {old}_id_seq RENAME TO {new}_id_seq")
    for index in _INDEXES:
        op.execute(f"ALTER INDEX ix_{old}_{index} RENAME TO ix_{new}_{index}")
    # Asked for: from PostgreSQL 18 on, NOT NULL is a constraint with a name as well.
    named = sa.text("SELECT conname FROM pg_constraint WHERE conrelid = CAST(:of AS regclass)")
    for name in op.get_bind().scalars(named, {"of": new}).all():
        op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT {name} TO {name.replace(old, new)}")

"""Performed steps of no exam say that they wait, so that their queue is found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_TABLE = "performed_procedure_steps"
_WAITING = """
UPDATE performed_procedure_steps step SET waits = TRUE
WHERE rejected_at IS NULL
  AND NOT EXISTS (SELECT FROM performed_for WHERE performed_for.performed_id = step.id)
"""


def upgrade() -> None:
    """Add the column, fill it, and make the indexes."""
    op.add_column(
        _TABLE, sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column(_TABLE, "waits", server_default=None)
    op.execute(_WAITING)
    op.create_index(
        "ix_performed_procedure_steps_waiting",
        _TABLE,
        ["started_at", "id"],
        postgresql_where=sa.text("waits"),
    )
    op.create_index(
        "ix_performed_procedure_steps_rejected",
        _TABLE,
        ["rejected_at"],
        postgresql_where=sa.text("rejected_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_performed_procedure_steps_rejected", _TABLE)
    op.drop_index("ix_performed_procedure_steps_waiting", _TABLE)
    op.drop_column(_TABLE, "waits")

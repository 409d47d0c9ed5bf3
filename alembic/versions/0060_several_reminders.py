"""Several reminders of one appointment, each by how long before it was due."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

_NAME = "uq_reminders_exam_id_starts_at"


def upgrade() -> None:
    """Keep the lead of each; what was told until now counts for every lead."""
    op.add_column(
        "reminders", sa.Column("lead_hours", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.drop_constraint(op.f(_NAME), "reminders")
    op.create_unique_constraint(
        op.f(f"{_NAME}_lead_hours"), "reminders", ["exam_id", "starts_at", "lead_hours"]
    )


def downgrade() -> None:
    """Keep the first that was told of each appointment."""
    op.execute(
        "DELETE FROM reminders AS later USING reminders AS one WHERE one.exam_id = later.exam_id"
        " AND one.starts_at = later.starts_at AND one.id < later.id"
    )
    op.drop_constraint(op.f(f"{_NAME}_lead_hours"), "reminders")
    op.create_unique_constraint(op.f(_NAME), "reminders", ["exam_id", "starts_at"])
    op.drop_column("reminders", "lead_hours")

"""An index of the exams that are still open, which the order inbox counts and pages through."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        "ix_scheduled_procedure_steps_open",
        "scheduled_procedure_steps",
        ["id"],
        postgresql_where=sa.text(
            "status IN ('UNSCHEDULED', 'HELD', 'SCHEDULED', 'ARRIVED', 'READY', 'STARTED',"
            " 'DEPARTED')"
        ),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_scheduled_procedure_steps_open", "scheduled_procedure_steps")

"""Exams that are over, by when: for figures of a period."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        "ix_scheduled_procedure_steps_over",
        "scheduled_procedure_steps",
        ["status_changed_at"],
        postgresql_where=sa.text("status IN ('COMPLETED', 'DISCONTINUED', 'CANCELED', 'NO_SHOW')"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_scheduled_procedure_steps_over", "scheduled_procedure_steps")

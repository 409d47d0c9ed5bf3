"""Indexes of the few exams that were not done, and of the few that are not to be read."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

_EXAMS = "scheduled_procedure_steps"
_TASKS = "reading_tasks"


def upgrade() -> None:
    """Make them: a search for a rare status read every row."""
    not_done = sa.text("status IN ('DISCONTINUED', 'CANCELED', 'NO_SHOW')")
    op.create_index(f"ix_{_EXAMS}_not_done", _EXAMS, ["status", "id"], postgresql_where=not_done)
    withdrawn = sa.text("status = 'WITHDRAWN'")
    op.create_index(f"ix_{_TASKS}_withdrawn", _TASKS, ["id"], postgresql_where=withdrawn)


def downgrade() -> None:
    """Remove them."""
    op.drop_index(f"ix_{_TASKS}_withdrawn", _TASKS)
    op.drop_index(f"ix_{_EXAMS}_not_done", _EXAMS)

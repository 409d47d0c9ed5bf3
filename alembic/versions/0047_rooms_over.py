"""Statistics read the exams of a site's rooms that were over in some days."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "ix_scheduled_procedure_steps_room_over",
        "scheduled_procedure_steps",
        ["room_id", "status_changed_at"],
        postgresql_where=sa.text("status IN ('COMPLETED', 'DISCONTINUED', 'CANCELED', 'NO_SHOW')"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_scheduled_procedure_steps_room_over", "scheduled_procedure_steps")

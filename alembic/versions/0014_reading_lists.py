"""Order the reading lists by index; let a site name its image viewer and where it reports."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_index("ix_reading_tasks_ready_at", "reading_tasks", ["ready_at", "id"])
    op.create_index("ix_reading_tasks_read_at", "reading_tasks", ["read_at", "id"])
    op.add_column(
        "sites",
        sa.Column("viewer_url", sa.String(length=300), nullable=False, server_default=""),
    )
    op.add_column(
        "sites",
        sa.Column("reports_here", sa.Boolean(), nullable=False, server_default=sa.true()),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_column("sites", "reports_here")
    op.drop_column("sites", "viewer_url")
    op.drop_index("ix_reading_tasks_read_at", "reading_tasks")
    op.drop_index("ix_reading_tasks_ready_at", "reading_tasks")

"""A search reads what is booked of a room by when it starts."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; it holds all that a search reads."""
    op.create_index(
        "ix_reservations_resource_start",
        "reservations",
        ["resource_id", sa.text("lower(during)")],
        postgresql_include=["during", "exam_id"],
        postgresql_where=sa.text("resource_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_reservations_resource_start", "reservations")

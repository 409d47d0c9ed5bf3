"""How far away each room's third next available half hour is, kept for every day."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Days so far were not measured."""
    op.create_table(
        "access_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wait_seconds", sa.BigInteger()),
        sa.PrimaryKeyConstraint("day", "resource_id", name=op.f("pk_access_days")),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_access_days_resource_id")
        ),
    )
    op.create_index("ix_access_days_resource_id", "access_days", ["resource_id"])


def downgrade() -> None:
    """Forget them."""
    op.drop_table("access_days")

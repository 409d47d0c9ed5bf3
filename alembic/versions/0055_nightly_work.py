"""The last night for which each work of the night was begun."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nights so far are not known: the first one does its work."""
    op.create_table(
        "nightly_work",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_nightly_work")),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("nightly_work")

"""Sites can be taken out of use."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every site so far is in use."""
    op.add_column(
        "sites", sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False)
    )


def downgrade() -> None:
    """Forget which are not."""
    op.drop_column("sites", "active")

"""An API token keeps where its last use came from."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("api_tokens", sa.Column("last_used_address", sa.String(64), nullable=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("api_tokens", "last_used_address")

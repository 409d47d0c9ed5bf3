"""The language that a person has chosen for the pages."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; without one the browser and the site decide."""
    op.add_column("users", sa.Column("locale", sa.String(16), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("users", "locale")

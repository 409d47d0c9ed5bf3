"""In which operating mode an MR is planned, for what implants allow."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """It is not known of any procedure so far."""
    mode = sa.Enum(
        "normal",
        "first_level_controlled",
        name="operatingmode",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.add_column("procedures", sa.Column("operating_mode", mode, nullable=True))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("procedures", "operating_mode")

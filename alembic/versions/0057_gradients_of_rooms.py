"""How steep the gradients of a room's MR are, for what implants allow."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

_COLUMNS = ("slew_rate_t_m_s", "spatial_gradient_t_m")


def upgrade() -> None:
    """They are not known of any room so far."""
    for name in _COLUMNS:
        op.add_column("rooms", sa.Column(name, sa.Double()))


def downgrade() -> None:
    """Forget them."""
    for name in _COLUMNS:
        op.drop_column("rooms", name)

"""Peers' history is with all that administrators change."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take away what kept it before."""
    op.drop_index("ix_audit_events_peer", "audit_events")
    op.drop_column("hl7_peers", "changed_by")


def downgrade() -> None:
    """Put it back."""
    op.add_column(
        "hl7_peers",
        sa.Column("changed_by", sa.String(100), nullable=False, server_default="command"),
    )
    op.alter_column("hl7_peers", "changed_by", server_default=None)
    op.create_index(
        "ix_audit_events_peer",
        "audit_events",
        [sa.text("(detail ->> 'peer')"), "id"],
        postgresql_where=sa.text("action LIKE 'peer.%'"),
    )

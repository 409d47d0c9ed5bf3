"""Messages of which only the beginning came, and an index of what was told of each message."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the index."""
    op.add_column(
        "hl7_inbox",
        sa.Column("complete", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.alter_column("hl7_inbox", "complete", server_default=None)
    op.create_index(
        "ix_audit_events_message",
        "audit_events",
        [sa.text("(detail ->> 'message_id')"), "id"],
        postgresql_where=sa.text("action LIKE 'message.%'"),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_index("ix_audit_events_message", "audit_events")
    op.drop_column("hl7_inbox", "complete")

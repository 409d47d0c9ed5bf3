"""The trail is read by time, by who did it and by what was done."""

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

_TABLE = "audit_events"
_INDEXES = {
    "ix_audit_events_when": ["occurred_at", "id"],
    "ix_audit_events_who": ["actor", "occurred_at", "id"],
    "ix_audit_events_what": ["action", "occurred_at", "id"],
}


def upgrade() -> None:
    """Add the indexes; one of them does all that the one by time alone did."""
    for name, columns in _INDEXES.items():
        op.create_index(name, _TABLE, columns)
    op.drop_index("ix_audit_events_occurred_at", _TABLE)


def downgrade() -> None:
    """Put the former index back."""
    op.create_index("ix_audit_events_occurred_at", _TABLE, ["occurred_at"])
    for name in _INDEXES:
        op.drop_index(name, _TABLE)

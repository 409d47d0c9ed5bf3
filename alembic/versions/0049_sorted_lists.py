"""Long lists are sorted by more of their columns: each order has its index."""

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_hl7_inbox_sending_application": ("hl7_inbox", ["sending_application", "id"]),
    "ix_hl7_outbox_message_type": ("hl7_outbox", ["message_type", "id"]),
    "ix_reading_tasks_due_at": ("reading_tasks", ["due_at", "id"]),
    "ix_reading_tasks_priority": ("reading_tasks", ["priority_rank", "due_at", "id"]),
    "ix_administrative_changes_actor": ("administrative_changes", ["actor", "id"]),
    "ix_administrative_changes_code": ("administrative_changes", ["code", "id"]),
}


def upgrade() -> None:
    """Add the indexes."""
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Take them away."""
    for name, (table, _columns) in _INDEXES.items():
        op.drop_index(name, table)

"""Programs search orders by time and procedure, studies by their start, patients by change."""

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

_INDEXES = (
    ("imaging_service_requests", "ordered_at"),
    ("requested_procedures", "procedure_id"),
    ("scheduled_procedure_steps", "started_at"),
    ("patients", "updated_at"),
)


def upgrade() -> None:
    """Add the indexes."""
    for table, column in _INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Take them away."""
    for table, column in _INDEXES:
        op.drop_index(f"ix_{table}_{column}", table)

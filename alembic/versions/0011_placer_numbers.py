"""Ids of steps and appointments as their senders write them; messages corrected by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_STATE = "ck_hl7_inbox_inboxstate"


def upgrade() -> None:
    """Add them."""
    for table, column in (
        ("requested_procedures", "placer_procedure_id"),
        ("scheduled_procedure_steps", "placer_step_id"),
    ):
        op.add_column(
            table, sa.Column(column, sa.String(length=64), nullable=False, server_default="")
        )
        op.alter_column(table, column, server_default=None)
    op.add_column(
        "scheduled_procedure_steps",
        sa.Column("appointment_number", sa.String(length=140), nullable=True),
    )
    op.create_index(
        op.f("ix_scheduled_procedure_steps_appointment_number"),
        "scheduled_procedure_steps",
        ["appointment_number"],
    )
    op.add_column("hl7_inbox", sa.Column("corrects_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_hl7_inbox_corrects_id"),
        "hl7_inbox", "hl7_inbox", ["corrects_id"], ["id"],
    )
    op.create_index(op.f("ix_hl7_inbox_corrects_id"), "hl7_inbox", ["corrects_id"])
    op.create_index("ix_hl7_inbox_control_id", "hl7_inbox", ["control_id"])
    op.create_index("ix_hl7_inbox_message_type", "hl7_inbox", ["message_type", "id"])
    op.create_index(
        "ix_hl7_inbox_failed_lanes", "hl7_inbox", ["lanes"],
        postgresql_using="gin", postgresql_where=sa.text("state = 'FAILED'"),
    )
    _states("RECEIVED", "PROCESSED", "FAILED", "CORRECTED")


def downgrade() -> None:
    """Remove them; a corrected message is a failed one again."""
    op.execute("UPDATE hl7_inbox SET state = 'FAILED' WHERE state = 'CORRECTED'")
    _states("RECEIVED", "PROCESSED", "FAILED")
    op.drop_index("ix_hl7_inbox_failed_lanes", "hl7_inbox")
    op.drop_index("ix_hl7_inbox_message_type", "hl7_inbox")
    op.drop_index("ix_hl7_inbox_control_id", "hl7_inbox")
    op.drop_index(op.f("ix_hl7_inbox_corrects_id"), "hl7_inbox")
    op.drop_constraint(op.f("fk_hl7_inbox_corrects_id"), "hl7_inbox")
    op.drop_column("hl7_inbox", "corrects_id")
    op.drop_index(
        op.f("ix_scheduled_procedure_steps_appointment_number"), "scheduled_procedure_steps"
    )
    op.drop_column("scheduled_procedure_steps", "appointment_number")
    op.drop_column("scheduled_procedure_steps", "placer_step_id")
    op.drop_column("requested_procedures", "placer_procedure_id")


def _states(*words: str) -> None:
    op.drop_constraint(op.f(_STATE), "hl7_inbox", type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(_STATE), "hl7_inbox", f"state IN ({listed})")

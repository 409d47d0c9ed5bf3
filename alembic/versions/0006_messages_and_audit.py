"""The audit trail, the HL7 inbox and outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "hl7_inbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("peer", sa.String(length=64), nullable=False),
        sa.Column("sending_application", sa.String(length=227), nullable=False),
        sa.Column("sending_facility", sa.String(length=227), nullable=False),
        sa.Column("control_id", sa.String(length=199), nullable=False),
        sa.Column("message_type", sa.String(length=16), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("lanes", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "RECEIVED",
                "PROCESSED",
                "FAILED",
                name="inboxstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("acknowledgement_code", sa.String(length=2), nullable=False),
        sa.Column("acknowledgement", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=8), nullable=False),
        sa.Column("error_location", sa.String(length=64), nullable=False),
        sa.Column("error_text", sa.String(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["imaging_service_requests.id"], name=op.f("fk_hl7_inbox_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_hl7_inbox_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hl7_inbox")),
        sa.UniqueConstraint(
            "sending_application",
            "sending_facility",
            "control_id",
            "digest",
            name=op.f("uq_hl7_inbox_sending_application_sending_facility_control_id_digest"),
        ),
    )
    op.create_index(
        "ix_hl7_inbox_failed",
        "hl7_inbox",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'FAILED'"),
    )
    op.create_index(op.f("ix_hl7_inbox_order_id"), "hl7_inbox", ["order_id"], unique=False)
    op.create_index(op.f("ix_hl7_inbox_patient_id"), "hl7_inbox", ["patient_id"], unique=False)
    op.create_index("ix_hl7_inbox_received_at", "hl7_inbox", ["received_at"], unique=False)
    op.create_index(
        "ix_hl7_inbox_waiting",
        "hl7_inbox",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'RECEIVED'"),
    )
    op.create_index(
        "ix_hl7_inbox_waiting_lanes",
        "hl7_inbox",
        ["lanes"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("state = 'RECEIVED'"),
    )
    op.create_table(
        "audit_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("exam_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam_id"], ["scheduled_procedure_steps.id"], name=op.f("fk_audit_events_exam_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["imaging_service_requests.id"], name=op.f("fk_audit_events_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_audit_events_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_exam", "audit_events", ["exam_id", "id"], unique=False)
    op.create_index("ix_audit_events_occurred_at", "audit_events", ["occurred_at"], unique=False)
    op.create_index("ix_audit_events_order", "audit_events", ["order_id", "id"], unique=False)
    op.create_index("ix_audit_events_patient", "audit_events", ["patient_id", "id"], unique=False)
    op.create_table(
        "hl7_outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.Column("message_type", sa.String(length=16), nullable=False),
        sa.Column("control_id", sa.String(length=20), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "WAITING",
                "DELIVERED",
                "REFUSED",
                name="outboxstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledgement", sa.LargeBinary(), nullable=True),
        sa.Column("error_text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["audit_events.id"], name=op.f("fk_hl7_outbox_event_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hl7_outbox")),
        sa.UniqueConstraint("control_id", name=op.f("uq_hl7_outbox_control_id")),
        sa.UniqueConstraint(
            "event_id", "destination", name=op.f("uq_hl7_outbox_event_id_destination")
        ),
    )
    op.create_index(
        "ix_hl7_outbox_waiting",
        "hl7_outbox",
        ["destination", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'WAITING'"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(
        "ix_hl7_outbox_waiting",
        table_name="hl7_outbox",
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    op.drop_table("hl7_outbox")
    op.drop_index("ix_audit_events_patient", table_name="audit_events")
    op.drop_index("ix_audit_events_order", table_name="audit_events")
    op.drop_index("ix_audit_events_occurred_at", table_name="audit_events")
    op.drop_index("ix_audit_events_exam", table_name="audit_events")
    op.drop_table("audit_events")
    op.drop_index(
        "ix_hl7_inbox_waiting_lanes",
        table_name="hl7_inbox",
        postgresql_using="gin",
        postgresql_where=sa.text("state = 'RECEIVED'"),
    )
    op.drop_index(
        "ix_hl7_inbox_waiting",
        table_name="hl7_inbox",
        postgresql_where=sa.text("state = 'RECEIVED'"),
    )
    op.drop_index("ix_hl7_inbox_received_at", table_name="hl7_inbox")
    op.drop_index(op.f("ix_hl7_inbox_patient_id"), table_name="hl7_inbox")
    op.drop_index(op.f("ix_hl7_inbox_order_id"), table_name="hl7_inbox")
    op.drop_index(
        "ix_hl7_inbox_failed", table_name="hl7_inbox", postgresql_where=sa.text("state = 'FAILED'")
    )
    op.drop_table("hl7_inbox")

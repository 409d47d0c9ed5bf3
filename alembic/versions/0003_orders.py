"""Orders, requested procedures, scheduled procedure steps and their holds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SEQUENCES = (
    "accession_number_seq",
    "filler_order_number_seq",
    "requested_procedure_id_seq",
    "scheduled_procedure_step_id_seq",
)


def upgrade() -> None:
    """Create them."""
    for name in SEQUENCES:
        op.execute(sa.schema.CreateSequence(sa.Sequence(name)))
    op.create_table(
        "imaging_service_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("placer_order_number", sa.String(length=64), nullable=True),
        sa.Column("placer_issuer", sa.String(length=64), nullable=False),
        sa.Column("placer_group_number", sa.String(length=64), nullable=False),
        sa.Column("filler_order_number", sa.String(length=64), nullable=False),
        sa.Column("accession_number", sa.String(length=16), nullable=False),
        sa.Column(
            "priority",
            sa.Enum(
                "STAT",
                "URGENT",
                "ASAP",
                "ROUTINE",
                name="priority",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "patient_class",
            sa.Enum(
                "I",
                "E",
                "O",
                name="patientclass",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("ordering_physician", sa.String(length=200), nullable=False),
        sa.Column("referring_physician", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("clinical_information", sa.String(), nullable=False),
        sa.Column("danger_code", sa.String(length=60), nullable=False),
        sa.Column("transport", sa.String(length=32), nullable=False),
        sa.Column("current_location", sa.String(length=64), nullable=False),
        sa.Column("admission_id", sa.String(length=64), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_imaging_service_requests_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imaging_service_requests")),
        sa.UniqueConstraint(
            "accession_number", name=op.f("uq_imaging_service_requests_accession_number")
        ),
        sa.UniqueConstraint(
            "filler_order_number", name=op.f("uq_imaging_service_requests_filler_order_number")
        ),
        sa.UniqueConstraint(
            "placer_issuer",
            "placer_order_number",
            name=op.f("uq_imaging_service_requests_placer_issuer_placer_order_number"),
        ),
    )
    op.create_index(
        "ix_imaging_service_requests_patient_id",
        "imaging_service_requests",
        ["patient_id"],
        unique=False,
    )
    op.create_table(
        "requested_procedures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("procedure_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_procedure_id", sa.String(length=16), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("description", sa.String(length=64), nullable=False),
        sa.Column("laterality", sa.String(length=1), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["imaging_service_requests.id"],
            name=op.f("fk_requested_procedures_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["procedure_id"], ["procedures.id"], name=op.f("fk_requested_procedures_procedure_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requested_procedures")),
        sa.UniqueConstraint(
            "requested_procedure_id", name=op.f("uq_requested_procedures_requested_procedure_id")
        ),
        sa.UniqueConstraint(
            "study_instance_uid", name=op.f("uq_requested_procedures_study_instance_uid")
        ),
    )
    op.create_index(
        op.f("ix_requested_procedures_order_id"), "requested_procedures", ["order_id"], unique=False
    )
    op.create_table(
        "scheduled_procedure_steps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("requested_procedure_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("scheduled_procedure_step_id", sa.String(length=16), nullable=False),
        sa.Column("description", sa.String(length=64), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "UNSCHEDULED",
                "HELD",
                "SCHEDULED",
                "ARRIVED",
                "READY",
                "STARTED",
                "DEPARTED",
                "COMPLETED",
                "DISCONTINUED",
                "CANCELED",
                "NO_SHOW",
                name="stepstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_reason", sa.String(), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=True),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("performing_physician", sa.String(length=200), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marked_status", sa.String(length=32), nullable=True),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("automatic_placement", sa.Boolean(), nullable=False),
        sa.Column("placement_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status NOT IN ('SCHEDULED', 'ARRIVED', 'READY') OR (room_id IS NOT NULL AND starts_at IS NOT NULL AND ends_at IS NOT NULL)",
            name=op.f("ck_scheduled_procedure_steps_slot_when_scheduled"),
        ),
        sa.CheckConstraint(
            "marked_status IN ('STARTED', 'COMPLETED', 'DISCONTINUED')",
            name=op.f("ck_scheduled_procedure_steps_marked_status"),
        ),
        sa.CheckConstraint(
            "ends_at > starts_at", name=op.f("ck_scheduled_procedure_steps_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_scheduled_procedure_steps_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_procedure_id"],
            ["requested_procedures.id"],
            name=op.f("fk_scheduled_procedure_steps_requested_procedure_id"),
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name=op.f("fk_scheduled_procedure_steps_room_id")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_scheduled_procedure_steps_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_procedure_steps")),
        sa.UniqueConstraint(
            "scheduled_procedure_step_id",
            name=op.f("uq_scheduled_procedure_steps_scheduled_procedure_step_id"),
        ),
    )
    op.create_index(
        "ix_scheduled_procedure_steps_patient_id",
        "scheduled_procedure_steps",
        ["patient_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_scheduled_procedure_steps_requested_procedure_id"),
        "scheduled_procedure_steps",
        ["requested_procedure_id"],
        unique=False,
    )
    op.create_index(
        "ix_scheduled_procedure_steps_room_start",
        "scheduled_procedure_steps",
        ["room_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        "ix_scheduled_procedure_steps_ended_at",
        "scheduled_procedure_steps",
        ["ended_at"],
        unique=False,
    )
    op.create_index(
        "ix_scheduled_procedure_steps_starts_at",
        "scheduled_procedure_steps",
        ["starts_at"],
        unique=False,
    )
    op.create_index(
        "ix_scheduled_procedure_steps_unplaced",
        "scheduled_procedure_steps",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status IN ('UNSCHEDULED', 'HELD')"),
    )
    op.create_index(
        "ix_scheduled_procedure_steps_worklist",
        "scheduled_procedure_steps",
        ["station_id", "starts_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('SCHEDULED', 'ARRIVED', 'READY')"),
    )
    op.create_table(
        "exam_holds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("exam_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("fact", sa.String(length=32), nullable=True),
        sa.Column("finding", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=100), nullable=True),
        sa.Column("resolution", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam_id"], ["scheduled_procedure_steps.id"], name=op.f("fk_exam_holds_exam_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_holds")),
    )
    op.create_index(op.f("ix_exam_holds_exam_id"), "exam_holds", ["exam_id"], unique=False)
    op.create_index(
        "uq_exam_holds_open",
        "exam_holds",
        ["exam_id", "rule"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(
        "uq_exam_holds_open",
        table_name="exam_holds",
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.drop_index(op.f("ix_exam_holds_exam_id"), table_name="exam_holds")
    op.drop_table("exam_holds")
    op.drop_index(
        "ix_scheduled_procedure_steps_worklist",
        table_name="scheduled_procedure_steps",
        postgresql_where=sa.text("status IN ('SCHEDULED', 'ARRIVED', 'READY')"),
    )
    op.drop_index(
        "ix_scheduled_procedure_steps_unplaced",
        table_name="scheduled_procedure_steps",
        postgresql_where=sa.text("status IN ('UNSCHEDULED', 'HELD')"),
    )
    op.drop_index("ix_scheduled_procedure_steps_ended_at", table_name="scheduled_procedure_steps")
    op.drop_index("ix_scheduled_procedure_steps_starts_at", table_name="scheduled_procedure_steps")
    op.drop_index("ix_scheduled_procedure_steps_room_start", table_name="scheduled_procedure_steps")
    op.drop_index(
        op.f("ix_scheduled_procedure_steps_requested_procedure_id"),
        table_name="scheduled_procedure_steps",
    )
    op.drop_index("ix_scheduled_procedure_steps_patient_id", table_name="scheduled_procedure_steps")
    op.drop_table("scheduled_procedure_steps")
    op.drop_index(op.f("ix_requested_procedures_order_id"), table_name="requested_procedures")
    op.drop_table("requested_procedures")
    op.drop_index("ix_imaging_service_requests_patient_id", table_name="imaging_service_requests")
    op.drop_table("imaging_service_requests")
    for name in SEQUENCES:
        op.execute(sa.schema.DropSequence(sa.Sequence(name)))

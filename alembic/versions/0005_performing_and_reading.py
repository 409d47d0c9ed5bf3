"""Performed procedure steps and the reading queue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "performed_procedure_steps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "IN PROGRESS",
                "COMPLETED",
                "DISCONTINUED",
                name="performedstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("performed_procedure_step_id", sa.String(length=16), nullable=False),
        sa.Column("performed_station_ae_title", sa.String(length=16), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discontinuation_reason", sa.String(length=100), nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_performed_procedure_steps_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performed_procedure_steps")),
        sa.UniqueConstraint(
            "sop_instance_uid", name=op.f("uq_performed_procedure_steps_sop_instance_uid")
        ),
    )
    op.create_index(
        op.f("ix_performed_procedure_steps_patient_id"),
        "performed_procedure_steps",
        ["patient_id"],
        unique=False,
    )
    op.create_index(
        "ix_performed_procedure_steps_started_at",
        "performed_procedure_steps",
        ["started_at"],
        unique=False,
    )
    op.create_index(
        "ix_performed_procedure_steps_study",
        "performed_procedure_steps",
        ["study_instance_uid"],
        unique=False,
    )
    op.create_table(
        "reading_tasks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("requested_procedure_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "READY",
                "CLAIMED",
                "READ",
                "WITHDRAWN",
                name="readingstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
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
        sa.Column("priority_rank", sa.BigInteger(), nullable=False),
        sa.Column("reading_group", sa.String(length=32), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'CLAIMED') = (claim_expires_at IS NOT NULL)",
            name=op.f("ck_reading_tasks_claim_expires"),
        ),
        sa.CheckConstraint(
            "status <> 'CLAIMED' OR claimed_by_id IS NOT NULL",
            name=op.f("ck_reading_tasks_claimed_by"),
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by_id"], ["users.id"], name=op.f("fk_reading_tasks_claimed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_procedure_id"],
            ["requested_procedures.id"],
            name=op.f("fk_reading_tasks_requested_procedure_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_tasks")),
        sa.UniqueConstraint(
            "requested_procedure_id", name=op.f("uq_reading_tasks_requested_procedure_id")
        ),
    )
    op.create_index(
        op.f("ix_reading_tasks_claimed_by_id"), "reading_tasks", ["claimed_by_id"], unique=False
    )
    op.create_index(
        "ix_reading_tasks_queue",
        "reading_tasks",
        ["priority_rank", "due_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('READY', 'CLAIMED')"),
    )
    op.create_index(
        op.f("ix_reading_tasks_reading_group"), "reading_tasks", ["reading_group"], unique=False
    )
    op.create_table(
        "performed_for",
        sa.Column("performed_id", sa.BigInteger(), nullable=False),
        sa.Column("exam_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam_id"], ["scheduled_procedure_steps.id"], name=op.f("fk_performed_for_exam_id")
        ),
        sa.ForeignKeyConstraint(
            ["performed_id"],
            ["performed_procedure_steps.id"],
            name=op.f("fk_performed_for_performed_id"),
        ),
        sa.PrimaryKeyConstraint("performed_id", "exam_id", name=op.f("pk_performed_for")),
    )
    op.create_index(op.f("ix_performed_for_exam_id"), "performed_for", ["exam_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_performed_for_exam_id"), table_name="performed_for")
    op.drop_table("performed_for")
    op.drop_index(op.f("ix_reading_tasks_reading_group"), table_name="reading_tasks")
    op.drop_index(
        "ix_reading_tasks_queue",
        table_name="reading_tasks",
        postgresql_where=sa.text("status IN ('READY', 'CLAIMED')"),
    )
    op.drop_index(op.f("ix_reading_tasks_claimed_by_id"), table_name="reading_tasks")
    op.drop_table("reading_tasks")
    op.drop_index("ix_performed_procedure_steps_study", table_name="performed_procedure_steps")
    op.drop_index("ix_performed_procedure_steps_started_at", table_name="performed_procedure_steps")
    op.drop_index(
        op.f("ix_performed_procedure_steps_patient_id"), table_name="performed_procedure_steps"
    )
    op.drop_table("performed_procedure_steps")

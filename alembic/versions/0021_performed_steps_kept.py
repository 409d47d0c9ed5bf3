"""Defects, doses, image managers, forwards, notices; steps that belong to no exam."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "availability_notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("performed_uids", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("instances", sa.BigInteger(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("sender", sa.String(length=16), nullable=False),
        sa.Column("attributes", postgresql.JSONB(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_notices")),
        sa.UniqueConstraint(
            "sop_instance_uid", name=op.f("uq_availability_notices_sop_instance_uid")
        ),
    )
    op.create_index(
        "ix_availability_notices_study",
        "availability_notices",
        ["study_instance_uid"],
        unique=False,
    )
    op.create_table(
        "image_managers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ae_title", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("port", sa.BigInteger(), nullable=False),
        sa.Column("forward_performed_steps", sa.Boolean(), nullable=False),
        sa.Column("forward_availability", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_managers")),
        sa.UniqueConstraint("ae_title", name=op.f("uq_image_managers_ae_title")),
    )
    op.create_table(
        "report_defects",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("calling", sa.String(length=16), nullable=False),
        sa.Column("operation", sa.String(length=16), nullable=False),
        sa.Column("attribute", sa.String(length=64), nullable=False),
        sa.Column("problem", sa.String(length=16), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_defects")),
        sa.UniqueConstraint(
            "calling",
            "operation",
            "attribute",
            "problem",
            name=op.f("uq_report_defects_calling_operation_attribute_problem"),
        ),
    )
    op.create_table(
        "dicom_forwards",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("image_manager_id", sa.BigInteger(), nullable=False),
        sa.Column("sop_class", sa.String(length=64), nullable=False),
        sa.Column("operation", sa.String(length=16), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("transfer_syntax", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("try_again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_manager_id"],
            ["image_managers.id"],
            name=op.f("fk_dicom_forwards_image_manager_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dicom_forwards")),
    )
    op.create_index(
        "ix_dicom_forwards_delivered_at", "dicom_forwards", ["delivered_at"], unique=False
    )
    op.create_index(
        "ix_dicom_forwards_waiting",
        "dicom_forwards",
        ["image_manager_id", "id"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_table(
        "performed_doses",
        sa.Column("performed_id", sa.BigInteger(), nullable=False),
        sa.Column("ctdi_vol_mgy", sa.Double(), nullable=True),
        sa.Column("dlp_mgy_cm", sa.Double(), nullable=True),
        sa.Column("dap_dgy_cm2", sa.Double(), nullable=True),
        sa.Column("fluoroscopy_seconds", sa.Double(), nullable=True),
        sa.Column("exposures", sa.BigInteger(), nullable=True),
        sa.Column("contrast", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["performed_id"],
            ["performed_procedure_steps.id"],
            name=op.f("fk_performed_doses_performed_id"),
        ),
        sa.PrimaryKeyConstraint("performed_id", name=op.f("pk_performed_doses")),
    )
    table = "performed_procedure_steps"
    op.add_column(table, sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True))
    for name, kind, empty in (
        ("accession_numbers", postgresql.ARRAY(sa.String(length=16)), "{}"),
        ("rejected_by", sa.String(length=100), ""),
        ("rejection_reason", sa.String(), ""),
    ):
        # The default fills the rows that are there; the application gives its own.
        op.add_column(table, sa.Column(name, kind, nullable=False, server_default=empty))
        op.alter_column(table, name, server_default=None)


def downgrade() -> None:
    """Drop them."""
    op.drop_column("performed_procedure_steps", "rejection_reason")
    op.drop_column("performed_procedure_steps", "rejected_by")
    op.drop_column("performed_procedure_steps", "rejected_at")
    op.drop_column("performed_procedure_steps", "accession_numbers")
    op.drop_table("performed_doses")
    op.drop_index(
        "ix_dicom_forwards_waiting",
        table_name="dicom_forwards",
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.drop_index("ix_dicom_forwards_delivered_at", table_name="dicom_forwards")
    op.drop_table("dicom_forwards")
    op.drop_table("report_defects")
    op.drop_table("image_managers")
    op.drop_index("ix_availability_notices_study", table_name="availability_notices")
    op.drop_table("availability_notices")

"""Contrast that was given, as a table of its own; the effective dose that was measured."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_MEDIA = (
    "none",
    "iodinated",
    "gadolinium_group_1",
    "gadolinium_group_2",
    "gadolinium_group_3",
    "barium",
    "microbubbles",
)
_MOVE = """
INSERT INTO contrast_administrations
    (patient_id, exam_id, performed_id, agent, route, volume_ml, lot, note, given_at, recorded_at,
     recorded_by)
SELECT step.patient_id,
       (SELECT min(exam_id) FROM performed_for WHERE performed_for.performed_id = step.id),
       step.id, given ->> 'agent', coalesce(given ->> 'route', ''),
       nullif((given ->> 'volume_ml')::float, 0), '', '', step.started_at, step.received_at,
       'station:' || step.performed_station_ae_title
FROM performed_doses dose
JOIN performed_procedure_steps step ON step.id = dose.performed_id
CROSS JOIN jsonb_array_elements(dose.contrast) given
"""


def upgrade() -> None:
    """Create the table, move what scanners told of contrast there, add the column."""
    op.create_table(
        "contrast_administrations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("exam_id", sa.BigInteger(), nullable=True),
        sa.Column("performed_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "medium",
            sa.Enum(
                *_MEDIA, name="contrast", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("route", sa.String(length=64), nullable=False),
        sa.Column("volume_ml", sa.Double(), nullable=True),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column(
            "reaction",
            sa.Enum(
                "none",
                "mild",
                "moderate",
                "severe",
                name="reactionseverity",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=100), nullable=False),
        sa.CheckConstraint(
            "exam_id IS NOT NULL OR performed_id IS NOT NULL",
            name=op.f("ck_contrast_administrations_told_of"),
        ),
        sa.CheckConstraint("volume_ml > 0", name=op.f("ck_contrast_administrations_volume")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_contrast_administrations_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["exam_id"],
            ["scheduled_procedure_steps.id"],
            name=op.f("fk_contrast_administrations_exam_id"),
        ),
        sa.ForeignKeyConstraint(
            ["performed_id"],
            ["performed_procedure_steps.id"],
            name=op.f("fk_contrast_administrations_performed_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contrast_administrations")),
    )
    op.create_index(
        "ix_contrast_administrations_patient_given",
        "contrast_administrations",
        ["patient_id", "given_at"],
    )
    for name in ("exam_id", "performed_id"):
        op.create_index(
            op.f(f"ix_contrast_administrations_{name}"), "contrast_administrations", [name]
        )
    op.execute(_MOVE)
    op.drop_column("performed_doses", "contrast")
    op.add_column(
        "scheduled_procedure_steps", sa.Column("measured_dose_msv", sa.Double(), nullable=True)
    )


def downgrade() -> None:
    """Drop them; what was told of contrast is still in the performed steps' data sets."""
    op.drop_column("scheduled_procedure_steps", "measured_dose_msv")
    op.add_column(
        "performed_doses",
        sa.Column("contrast", postgresql.JSONB(), nullable=False, server_default="[]"),
    )
    op.alter_column("performed_doses", "contrast", server_default=None)
    op.drop_table("contrast_administrations")

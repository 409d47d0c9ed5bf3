"""Sites, resources, rooms, stations, hours and procedures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    for extension in ("btree_gist", "pg_trgm", "unaccent"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    op.create_table(
        "procedures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("coding_scheme", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("synonyms", postgresql.ARRAY(sa.String(length=64)), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("body_part", sa.String(length=16), nullable=False),
        sa.Column(
            "contrast",
            sa.Enum(
                "none",
                "iodinated",
                "gadolinium_group_1",
                "gadolinium_group_2",
                "gadolinium_group_3",
                "barium",
                "microbubbles",
                name="contrast",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "contrast_route",
            sa.Enum(
                "none",
                "intravenous",
                "intra_arterial",
                "oral",
                "rectal",
                "intracavitary",
                name="contrastroute",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("duration_minutes", sa.BigInteger(), nullable=False),
        sa.Column("dose_msv", sa.Double(), nullable=False),
        sa.Column("ionising", sa.Boolean(), nullable=False),
        sa.Column("irradiates_pelvis", sa.Boolean(), nullable=False),
        sa.Column("screening", sa.Boolean(), nullable=False),
        sa.Column("radiopharmaceutical", sa.String(length=32), nullable=True),
        sa.Column("needs_sedation", sa.Boolean(), nullable=False),
        sa.Column("power_injection", sa.Boolean(), nullable=False),
        sa.Column("first_pass_renal", sa.Boolean(), nullable=False),
        sa.Column("required_capabilities", postgresql.ARRAY(sa.String(length=32)), nullable=False),
        sa.Column("preparation", sa.String(), nullable=False),
        sa.Column("reading_group", sa.String(length=32), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedures")),
        sa.UniqueConstraint("code", name=op.f("uq_procedures_code")),
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("code", name=op.f("uq_sites_code")),
    )
    op.create_table(
        "procedure_phases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("procedure_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column(
            "resource_kind",
            sa.Enum(
                "room",
                "preparation_chair",
                "uptake_bay",
                "recovery_bay",
                "nurse",
                "anaesthetist",
                "radiologist",
                "interventional_team",
                name="resourcekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("offset_minutes", sa.BigInteger(), nullable=False),
        sa.Column("duration_minutes", sa.BigInteger(), nullable=False),
        sa.Column("patient_present", sa.Boolean(), nullable=False),
        sa.CheckConstraint("duration_minutes > 0", name=op.f("ck_procedure_phases_duration")),
        sa.ForeignKeyConstraint(
            ["procedure_id"], ["procedures.id"], name=op.f("fk_procedure_phases_procedure_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_phases")),
        sa.UniqueConstraint(
            "procedure_id", "name", name=op.f("uq_procedure_phases_procedure_id_name")
        ),
    )
    op.create_table(
        "resources",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "room",
                "preparation_chair",
                "uptake_bay",
                "recovery_bay",
                "nurse",
                "anaesthetist",
                "radiologist",
                "interventional_team",
                name="resourcekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_resources_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resources")),
        sa.UniqueConstraint("code", name=op.f("uq_resources_code")),
    )
    op.create_index("ix_resources_kind_site", "resources", ["kind", "site_id"], unique=False)
    op.create_table(
        "blocks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("release_hours", sa.BigInteger(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("resource_id"), "="),
            (sa.column("during"), "&&"),
            using="gist",
            name="ex_blocks_resource_during",
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_blocks_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
    )
    op.create_table(
        "closures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_closures_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
    )
    op.create_index(
        "ix_closures_during",
        "closures",
        ["resource_id", "during"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_table(
        "opening_hours",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.BigInteger(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "closes = '00:00' OR closes > opens", name=op.f("ck_opening_hours_closes_after_opening")
        ),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_opening_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_opening_hours_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
        sa.UniqueConstraint(
            "resource_id",
            "weekday",
            "opens",
            "valid_from",
            name=op.f("uq_opening_hours_resource_id_weekday_opens_valid_from"),
        ),
    )
    op.create_index(
        op.f("ix_opening_hours_resource_id"), "opening_hours", ["resource_id"], unique=False
    )
    op.create_table(
        "rooms",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("modalities", postgresql.ARRAY(sa.String(length=16)), nullable=False),
        sa.Column("capabilities", postgresql.ARRAY(sa.String(length=32)), nullable=False),
        sa.Column("table_limit_kg", sa.Double(), nullable=True),
        sa.Column("field_strength_tesla", sa.Double(), nullable=True),
        sa.Column("bore_cm", sa.BigInteger(), nullable=True),
        sa.Column("turnover_minutes", sa.BigInteger(), nullable=False),
        sa.Column("dose_rank", sa.BigInteger(), nullable=False),
        sa.Column("display_order", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["resources.id"], name=op.f("fk_rooms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rooms")),
    )
    op.create_table(
        "stations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("ae_title", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("character_set", sa.String(length=32), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_stations_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stations")),
        sa.UniqueConstraint("ae_title", name=op.f("uq_stations_ae_title")),
    )
    op.create_index(op.f("ix_stations_room_id"), "stations", ["room_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_stations_room_id"), table_name="stations")
    op.drop_table("stations")
    op.drop_table("rooms")
    op.drop_index(op.f("ix_opening_hours_resource_id"), table_name="opening_hours")
    op.drop_table("opening_hours")
    op.drop_index("ix_closures_during", table_name="closures", postgresql_using="gist")
    op.drop_table("closures")
    op.drop_table("blocks")
    op.drop_index("ix_resources_kind_site", table_name="resources")
    op.drop_table("resources")
    op.drop_table("procedure_phases")
    op.drop_table("sites")
    op.drop_table("procedures")

"""A number that changes whenever the catalogue, a threshold or the policy does.

It comes from a sequence, so that no number ever stands for two states, whatever is rolled back.
"""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_TABLES = (
    "sites",
    "resources",
    "rooms",
    "stations",
    "opening_hours",
    "procedures",
    "procedure_phases",
    "threshold_changes",
    "policy_changes",
)


def upgrade() -> None:
    """Create the number, and the triggers that change it."""
    op.execute("CREATE SEQUENCE catalogue_version_seq")
    op.execute("CREATE TABLE catalogue_version (version bigint NOT NULL,"
        " CONSTRAINT pk_catalogue_version PRIMARY KEY (version))")
    op.execute("INSERT INTO catalogue_version VALUES (nextval('catalogue_version_seq'))")
    op.execute(
        """
        CREATE FUNCTION note_catalogue_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE catalogue_version SET version = nextval('catalogue_version_seq');
            IF NOT FOUND THEN
                INSERT INTO catalogue_version VALUES (nextval('catalogue_version_seq'));
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION note_catalogue_change()"
        )


def downgrade() -> None:
    """Drop them."""
    for table in _TABLES:
        op.execute(f"DROP TRIGGER note_change ON {table}")
    op.execute("DROP FUNCTION note_catalogue_change")
    op.execute("DROP TABLE catalogue_version")
    op.execute("DROP SEQUENCE catalogue_version_seq")

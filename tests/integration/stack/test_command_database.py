"""What commands that write rows ask of the database."""

import pytest

from config import Settings
from worklist import migrations
from worklist.commands.database import transaction
from worklist.stack import StartError


def test_a_database_without_the_schema_is_told_what_to_do(
    settings: Settings, empty_database: str
) -> None:
    there = settings.model_copy(update={"database_url": empty_database})
    with pytest.raises(StartError, match="run `worklist migrate`"), transaction(there):
        pass
    migrations.upgrade(empty_database)
    with transaction(there):
        pass

"""Settings: what is wrong is told in one line that names the variable."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from config import Settings, SettingsError, load_settings, variable
from worklist.commands.settings import settings


def test_defaults_are_those_of_the_manual() -> None:
    settings = load_settings({})
    assert (settings.http_port, settings.mllp_port, settings.dicom_port) == (8000, 2575, 11112)
    assert settings.ae_title == "WORKLIST"
    assert settings.bind == "127.0.0.1"
    assert settings.data_dir == Path.cwd() / "var"
    assert settings.database_url is None
    assert settings.hl7_http_token is None


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("HTTP_PORT", "http", "0 to 65535"),
        ("MLLP_PORT", "65536", "0 to 65535"),
        ("DICOM_PORT", "-1", "0 to 65535"),
        ("BIND", "everywhere", "IP address"),
        ("AE_TITLE", "SEVENTEEN_LETTERS", "1 to 16"),
        ("AE_TITLE", "BACK\\SLASH", "no backslash"),
        ("AE_TITLE", "   ", "1 to 16"),
        ("TIME_ZONE", "Mars/Olympus", "IANA"),
        ("TIME_ZONE", "../../etc/passwd", "IANA"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO"),
        ("LOG_FORMAT", "xml", "console or json"),
        ("DATABASE_URL", "sqlite:///x", "postgresql://"),
        ("REDIS_URL", "localhost", "redis://"),
        ("SECRET_KEY", "short", "32 characters"),
        ("WORKER_CONCURRENCY", "0", "1 to 64"),
        ("RETENTION_DAYS", "89", "at least 90"),
        ("NIGHT_HOUR", "24", "0 to 23"),
    ],
)
def test_a_malformed_value_names_the_variable_and_what_is_expected(
    name: str, value: str, expected: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({f"WORKLIST_{name}": value})
    text = str(caught.value)
    assert text.startswith(f"WORKLIST_{name}")
    assert expected in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("name", "value", "needed"),
    [
        ("SMTP_HOST", "mail.example", "SMTP_SENDER"),
        ("OIDC_ISSUER", "https://idp.example", "OIDC_CLIENT_ID"),
    ],
)
def test_a_setting_that_needs_another_one_names_it(name: str, value: str, needed: str) -> None:
    with pytest.raises(SettingsError, match=f"WORKLIST_{needed} is not set, but WORKLIST_{name}"):
        load_settings({f"WORKLIST_{name}": value})


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    there, gone = tmp_path / "there.pem", tmp_path / "gone.pem"
    there.touch()
    given = {"WORKLIST_MLLP_TLS_CERTIFICATE": str(there), "WORKLIST_SMTP_CA": str(gone)}
    [told] = load_settings(given).unreadable_files()
    assert told.startswith(f"WORKLIST_SMTP_CA={gone}: expected a PEM file")


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "HL7_HTTP_TOKEN"])
def test_a_malformed_secret_is_not_shown(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({f"WORKLIST_{name}": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_an_unknown_variable_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        SettingsError, match=r"WORKLIST_HTP_PORT is not a setting.*WORKLIST_HTTP_PORT"
    ):
        load_settings({"WORKLIST_HTP_PORT": "8000"})


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"WORKLIST_BIND": "x", "WORKLIST_HTTP_PORT": "y", "WORKLIST_COLOUR": "z"})
    for name in ("WORKLIST_BIND", "WORKLIST_HTTP_PORT", "WORKLIST_COLOUR"):
        assert name in str(caught.value)


def test_other_programs_variables_and_empty_values_are_left_alone() -> None:
    settings = load_settings({"HTTP_PORT": "1", "PATH": "/bin", "WORKLIST_HTTP_PORT": ""})
    assert settings.http_port == 8000


def test_another_process_can_be_given_the_same_settings() -> None:
    settings = load_settings(
        {
            "WORKLIST_SECRET_KEY": "k" * 32,
            "WORKLIST_DATABASE_URL": "postgres://u:p@h/d",
            "WORKLIST_TIME_ZONE": "Europe/Vienna",
            "WORKLIST_DATA_DIR": "relative",
        }
    )
    assert load_settings(settings.environment()) == settings
    assert settings.database_url == "postgresql+psycopg://u:p@h/d"


def test_the_secret_key_is_not_in_the_settings_text() -> None:
    settings = load_settings(
        {"WORKLIST_SECRET_KEY": "k" * 32, "WORKLIST_DATABASE_URL": "postgresql://u:hunter2@h/d"}
    )
    assert "kkk" not in repr(settings)
    assert "hunter2" not in repr(settings)
    assert settings.require_secret_key() == "k" * 32


@pytest.mark.parametrize(
    "missing",
    [Settings.require_database_url, Settings.require_redis_url, Settings.require_secret_key],
)
def test_what_is_needed_and_missing_is_named(missing: object) -> None:
    assert callable(missing)
    with pytest.raises(SettingsError, match="WORKLIST_"):
        missing(load_settings({}))


def test_the_command_shows_every_setting_and_no_secret() -> None:
    secret = "this-is-a-secret-that-nobody-knows"
    environment = {
        "WORKLIST_SECRET_KEY": secret,
        "WORKLIST_DATABASE_URL": f"postgresql://worklist:{secret}@db.example/worklist",
        "WORKLIST_MLLP_PORT": "2999",
    }
    shown = CliRunner().invoke(settings, obj=Settings.read(environment)).output
    assert secret not in shown
    lines = {line.split()[0]: line for line in shown.splitlines()}
    assert set(lines) == {variable(field) for field in Settings.model_fields}
    assert "2999" in lines["WORKLIST_MLLP_PORT"]
    assert "(not set)" in lines["WORKLIST_REDIS_URL"]

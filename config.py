"""Every setting, read once from the environment (variables named ``WORKLIST_*``)."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from worklist.setting_values import (
    LOWER_CASE,
    UPPER_CASE,
    AETitle,
    DatabaseURL,
    FilePath,
    IPAddress,
    LocaleName,
    Mailbox,
    Networks,
    Pairs,
    RedisURL,
    RetentionDays,
    TimeZoneName,
    WebAddress,
)

PREFIX = "WORKLIST_"
# Fields whose value no screen may show.
PRIVATE = frozenset(
    {
        "secret_key",
        "hl7_http_token",
        "database_url",
        "redis_url",
        "oidc_client_secret",
        "smtp_password",
    }
)
_MEBIBYTE = 1024 * 1024
_NEEDED_BESIDE = {"smtp_host": "smtp_sender", "oidc_issuer": "oidc_client_id"}


class SettingsError(Exception):
    """A setting is unknown, malformed or missing; the text is one line for a person."""


def _port(default: int) -> int:
    """A TCP port setting."""
    port: int = Field(default, ge=0, le=65535, description="a port, 0 to 65535 (0: any free one)")
    return port


def _processes() -> int:
    """How many processes share the work."""
    number: int = Field(2, ge=1, le=64, description="a number of processes, 1 to 64")
    return number


class Settings(BaseSettings):
    """What a department may set. A field's description says what is expected of its value.

    Read it with `load_settings`, which turns whatever is wrong into one line of text.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    # This machine
    data_dir: FilePath = Field(
        Path("var"), validate_default=True, description="a folder that this user may write"
    )
    database_url: DatabaseURL | None = Field(
        None, repr=False, description="postgresql://user:password@host:port/database"
    )
    redis_url: RedisURL | None = Field(
        None, repr=False, description="redis://:password@host:port/number or rediss://..."
    )
    bind: IPAddress = Field(
        "127.0.0.1", description="an IP address of this machine, such as 127.0.0.1 or 0.0.0.0"
    )
    worker_concurrency: int = _processes()
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], UPPER_CASE] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR"
    )
    log_format: Annotated[Literal["console", "json"], LOWER_CASE] = Field(
        "console", description="console or json"
    )

    # The department
    time_zone: TimeZoneName = Field(
        "UTC", description="a time zone's IANA name, such as Europe/Vienna"
    )
    locale: LocaleName = Field(
        "en", description="a language that pages are translated to, such as en or de"
    )
    night_hour: int = Field(
        2, ge=0, le=23, description="the hour from which work of the night is done, 0 to 23"
    )
    policy_file: FilePath | None = Field(
        None, description="a TOML file with the numbers of placement; see `worklist simulate`"
    )
    no_show_minutes: int = Field(
        90, ge=0, description="minutes after its time that an outpatient's exam waits; 0: for ever"
    )
    complete_after_hours: int = Field(
        0,
        ge=0,
        le=24 * 30,
        description="a number of hours after which a started exam is completed; 0: never",
    )
    replan_seconds: float = Field(
        3.0, gt=0, le=100, description="how long re-planning may think, in seconds, up to 100"
    )
    retention_days: RetentionDays = Field(
        0,
        ge=0,
        le=36_525,
        description="a number of days, at least 90, after which old messages go; 0: never",
    )

    # Pages
    http_port: int = _port(8000)
    public_url: WebAddress | None = Field(
        None, description="the https address at which browsers reach the pages"
    )
    proxies: int = Field(
        0, ge=0, le=9, description="a number of reverse proxies before the pages, 0 to 9"
    )
    web_workers: int = _processes()
    secret_key: SecretStr | None = Field(
        None, min_length=32, description="at least 32 characters that nobody can guess"
    )
    idle_minutes: int = Field(
        30, ge=1, le=24 * 60, description="a number of minutes, 1 to 1440: then pages are locked"
    )

    # Sign-in through an OpenID Connect provider
    oidc_issuer: WebAddress | None = Field(
        None, description="the https address of an OpenID Connect provider; off without it"
    )
    oidc_client_id: str = Field("", description="the name under which the provider knows us")
    oidc_client_secret: SecretStr | None = Field(
        None, description="the secret that goes with OIDC_CLIENT_ID"
    )
    oidc_label: str = Field("your organisation", description="what people call the provider")
    oidc_username_claim: str = Field(
        "preferred_username", description="the claim that holds a person's account name"
    )
    oidc_roles_claim: str = Field(
        "groups", description="the claim that lists groups, such as groups or realm_access.roles"
    )
    oidc_roles: Pairs = Field(
        "", description="group=role pairs separated by commas; none: administrators give roles"
    )

    # HL7
    mllp_port: int = _port(2575)
    mllp_plain: bool = Field(
        default=True, description="true or false; false leaves only the TLS port open"
    )
    mllp_tls_port: int = _port(2576)
    mllp_tls_certificate: FilePath | None = Field(
        None, description="a PEM file with the certificate chain; HL7 over TLS is off without it"
    )
    mllp_tls_key: FilePath | None = Field(
        None, description="a PEM file with the certificate's private key, if not in the same file"
    )
    mllp_tls_client_ca: FilePath | None = Field(
        None, description="a PEM file of authorities; with it senders need their certificate"
    )
    mllp_allowed_senders: Networks = Field(
        "", description="addresses or networks separated by commas, such as 10.1.0.0/16; none: all"
    )
    mllp_max_message_bytes: int = Field(
        10 * _MEBIBYTE, ge=1024, description="a number of bytes, at least 1024"
    )
    mllp_idle_seconds: int = Field(
        0, ge=0, description="a number of seconds after which a silent sender is let go; 0: never"
    )
    mllp_frame_seconds: int = Field(
        60, ge=1, description="a number of seconds within which a message has to arrive whole"
    )
    hl7_http_token: SecretStr | None = Field(
        None, min_length=16, description="at least 16 characters; POST /hl7 is off without it"
    )
    hl7_known_senders_only: bool = Field(
        default=False, description="true or false; true refuses HL7 from senders that no peer names"
    )

    # DICOM
    dicom_port: int = _port(11112)
    ae_title: AETitle = Field(
        "WORKLIST", description="a DICOM AE title: 1 to 16 printable characters, no backslash"
    )
    dicom_processes: int = _processes()
    dicom_tls_port: int = _port(2762)
    dicom_tls_certificate: FilePath | None = Field(
        None, description="a PEM file with the certificate chain; DICOM over TLS is off without it"
    )
    dicom_tls_key: FilePath | None = Field(
        None, description="a PEM file with the certificate's private key, if not in the same file"
    )
    dicom_tls_client_ca: FilePath | None = Field(
        None, description="a PEM file of authorities; with it scanners need their certificate"
    )
    dicom_query_log_days: int = Field(
        7, ge=1, le=366, description="a number of days for which scanners' queries are kept"
    )

    # Mail
    smtp_host: str | None = Field(
        None, description="the name of the mail server; without it no slip is sent by e-mail"
    )
    smtp_port: int = _port(587)
    smtp_security: Annotated[Literal["starttls", "tls", "none"], LOWER_CASE] = Field(
        "starttls", description="starttls, tls or none"
    )
    smtp_ca: FilePath | None = Field(
        None, description="a PEM file of authorities, where the mail server's is not a public one"
    )
    smtp_user: str | None = Field(None, description="the account at the mail server, if it asks")
    smtp_password: SecretStr | None = Field(None, description="the password of that account")
    smtp_sender: Mailbox = Field(
        "", description="the sender's address, such as radiology@hospital.example"
    )

    def require_database_url(self) -> str:
        """Return the database's address.

        Raises:
            SettingsError: There is none: not set, and no embedded server is running.
        """
        if self.database_url is None:
            raise SettingsError(_missing("database_url", "PostgreSQL"))
        return self.database_url

    def require_redis_url(self) -> str:
        """Return the broker's address.

        Raises:
            SettingsError: There is none: not set, and no embedded server is running.
        """
        if self.redis_url is None:
            raise SettingsError(_missing("redis_url", "Redis"))
        return self.redis_url

    def require_secret_key(self) -> str:
        """Return the key that signs sessions and tokens.

        Raises:
            SettingsError: There is none: not set, and the data directory holds none.
        """
        if self.secret_key is None:
            raise SettingsError(
                f"{PREFIX}SECRET_KEY is not set: expected {_expected('secret_key')}"
            )
        return self.secret_key.get_secret_value()

    @property
    def sends_mail(self) -> bool:
        """Whether slips can be sent by e-mail: a mail server and a sender are set."""
        return bool(self.smtp_host and self.smtp_sender)

    def unreadable_files(self) -> list[str]:
        """Tell of each file that is set and cannot be read."""
        return [
            f"{variable(name)}={value}: expected {field.description}, and it cannot be read"
            for name, field in type(self).model_fields.items()
            if name != "data_dir"
            and isinstance(value := getattr(self, name), Path)
            and not os.access(value, os.R_OK)
        ]

    def environment(self) -> dict[str, str]:
        """Return the variables that make another process load these same settings."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            variable(name): _plain(value) for name, value in values.items() if value is not None
        }

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Build the settings from the given variables alone.

        Raises:
            pydantic.ValidationError: A value is malformed.
        """
        return cls(_build_sources=((_Variables(cls, environ),), {}))


class _Variables(EnvSettingsSource):
    """Reads a given mapping where the library would read the process's environment."""

    def __init__(self, settings: type[BaseSettings], environ: Mapping[str, str]) -> None:
        self.environ = environ
        super().__init__(settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self.environ.items() if value}


def variable(field: str) -> str:
    """Return the environment variable of a field: ``http_port`` -> ``WORKLIST_HTTP_PORT``."""
    return PREFIX + field.upper()


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check every setting.

    Args:
        environ: The variables; the process's environment when left out.

    Raises:
        SettingsError: A ``WORKLIST_*`` variable is unknown or malformed. The text names the
            variable and says what is expected.
    """
    environ = os.environ if environ is None else environ
    problems = [_unknown(name) for name in environ if _is_unknown(name)]
    try:
        settings = Settings.read(environ)
    except ValidationError as error:
        fields = dict.fromkeys(str(problem["loc"][0]) for problem in error.errors())
        problems += [_malformed(field, environ) for field in fields]
    else:
        problems += _incomplete(settings)
    if problems:
        raise SettingsError("; ".join(problems))
    return settings


def _incomplete(settings: Settings) -> list[str]:
    """Name the settings that another one needs beside it."""
    return [
        f"{variable(needed)} is not set, but {variable(field)} is: expected {_expected(needed)}"
        for field, needed in _NEEDED_BESIDE.items()
        if getattr(settings, field) and not getattr(settings, needed)
    ]


def _is_unknown(name: str) -> bool:
    return name.upper().startswith(PREFIX) and name not in map(variable, Settings.model_fields)


def _unknown(name: str) -> str:
    known = [variable(field) for field in Settings.model_fields]
    near = difflib.get_close_matches(name.removeprefix(PREFIX).lower(), Settings.model_fields, n=1)
    hint = f"did you mean {variable(near[0])}?" if near else f"known are {', '.join(known)}"
    return f"{name} is not a setting: {hint}"


def _malformed(field: str, environ: Mapping[str, str]) -> str:
    """Say what was expected; the value is shown unless it may hold a secret."""
    value = "" if field in PRIVATE else f"={environ.get(variable(field), '')!r}"
    return f"{variable(field)}{value}: expected {_expected(field)}"


def _missing(field: str, server: str) -> str:
    return (
        f"{variable(field)} is not set and no embedded {server} is running: "
        f"start `worklist up`, or set it to {_expected(field)}"
    )


def _expected(field: str) -> str:
    return Settings.model_fields[field].description or ""


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

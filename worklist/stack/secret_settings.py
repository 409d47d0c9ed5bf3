"""Secrets that nobody set: made once, kept in the data directory."""

from pydantic import SecretStr

from config import Settings
from worklist.stack import folders


def with_kept_secrets(settings: Settings, *, demo: bool = False) -> Settings:
    """Return the settings with the secrets that the data directory keeps where none are set.

    Args:
        settings: The settings.
        demo: Also make the token for HL7 over HTTP, which is off without one.
    """
    found: dict[str, SecretStr] = {}
    if settings.secret_key is None:
        found["secret_key"] = SecretStr(folders.kept_secret(settings.data_dir, "secret-key"))
    if settings.hl7_http_token is None and demo:
        token = folders.kept_secret(settings.data_dir, "hl7-http-token")
        found["hl7_http_token"] = SecretStr(token)
    return settings.model_copy(update=found)

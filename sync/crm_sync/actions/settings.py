"""The configuration of the action runner: where Salesforce is, as whom, and what a user may want otherwise.

A TOML file such as fixtures/configs/actions.toml; `${NAME}` is taken from the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate

from crm_sync.config import SalesforceLogin
from crm_sync.errors import ConfigError
from crm_sync.settings_file import expanded, problems, read

PRODUCTION_LOGIN: Final = "https://login.salesforce.com"
SANDBOX_LOGIN: Final = "https://test.salesforce.com"
_URL: Final = validate.Regexp(r"^https?://[^\s/]+", error="Not an http or https address.")


class _Salesforce(Schema):
    base_url = fields.String(required=True, validate=_URL)
    login_url = fields.String(load_default=None, allow_none=True, validate=_URL)
    sandbox = fields.Boolean(load_default=False)
    api_version = fields.String(load_default="60.0", validate=validate.Regexp(r"^\d{2,3}\.0$", error="Not like 60.0."))
    access_token = fields.String(load_default="")
    refresh_token = fields.String(load_default="")
    client_id = fields.String(load_default="")
    client_secret = fields.String(load_default="")
    username = fields.String(load_default="")
    password = fields.String(load_default="")
    security_token = fields.String(load_default="")
    external_id_field = fields.String(
        load_default="", validate=validate.Regexp(r"^\w*$", error="Not a field's API name.")
    )


class _Options(Schema):
    meetings = fields.String(load_default="")
    day_of = fields.String(load_default="written", validate=validate.OneOf(["written", "utc"]))
    dates = fields.String(load_default="liquid", validate=validate.OneOf(["liquid", "iso"]))
    blank_field_values = fields.String(load_default="send", validate=validate.OneOf(["send", "omit"]))
    lease_seconds = fields.Integer(strict=True, load_default=600, validate=validate.Range(min=60, max=86_400))
    clock_skew_seconds = fields.Integer(strict=True, load_default=300, validate=validate.Range(min=0, max=86_400))


class _State(Schema):
    url = fields.String(load_default="")


class _Settings(Schema):
    salesforce = fields.Nested(_Salesforce, required=True)
    options = fields.Nested(_Options, load_default=lambda: _Options().load({}))
    state = fields.Nested(_State, load_default=lambda: {"url": ""})


@dataclass(frozen=True)
class Options:
    """What a user may want otherwise; docs/actions.md says what each does. *meetings*: a folder, "" beside the
    event.
    """

    meetings: str = ""
    day_of: str = "written"
    dates: str = "liquid"
    blank_field_values: str = "send"
    lease_seconds: int = 600
    clock_skew_seconds: int = 300


@dataclass(frozen=True)
class Settings:
    """A checked configuration."""

    login: SalesforceLogin
    options: Options = Options()
    state_url: str = ""


def load_settings(path: Path, environment: Mapping[str, str]) -> Settings:
    """The configuration of a file. Raises ConfigError: one line with the key's path."""
    given = read(path)
    try:
        return settings(expanded(given, environment))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def settings(given: Mapping[str, Any]) -> Settings:
    """The configuration as plain data, checked. Raises ConfigError."""
    try:
        data = _Settings().load(given)
    except ValidationError as error:
        raise ConfigError("; ".join(problems(error.messages))) from None
    words = dict(data["salesforce"])
    sandbox = words.pop("sandbox")
    if not words["login_url"]:
        # An org of one's own domain lets its users in itself; a sandbox has a host of its own for that (A34).
        words["login_url"] = SANDBOX_LOGIN if sandbox else None
    elif sandbox and words["login_url"].startswith(PRODUCTION_LOGIN):
        raise ConfigError(f"salesforce.login_url: a sandbox does not log in at {PRODUCTION_LOGIN}; leave it out")
    login = SalesforceLogin(**words)
    ways = (login.access_token, login.refresh_token, login.username and login.password, login.client_secret)
    if not any(ways):
        raise ConfigError("salesforce: no way to log in; give refresh_token and client_id, or another way")
    return Settings(login, Options(**data["options"]), data["state"]["url"])

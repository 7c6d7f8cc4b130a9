"""The configuration of the action runner: where Salesforce is, as whom, and what a user may want otherwise.

A TOML file such as fixtures/configs/actions.toml; `${NAME}` is taken from the environment.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate

from crm_sync.config import SalesforceLogin
from crm_sync.errors import ConfigError

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
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from None
    try:
        return settings(_expanded(given, environment, ""))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def settings(given: Mapping[str, Any]) -> Settings:
    """The configuration as plain data, checked. Raises ConfigError."""
    try:
        data = _Settings().load(given)
    except ValidationError as error:
        raise ConfigError(_first(error.messages)) from None
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


def _expanded(value: Any, environment: Mapping[str, str], path: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _expanded(one, environment, f"{path}.{key}".lstrip(".")) for key, one in value.items()}
    if not isinstance(value, str):
        return value
    missing = [name for name in re.findall(r"\$\{(\w+)\}", value) if name not in environment]
    if missing:
        raise ConfigError(f"{path}: the environment has no {missing[0]}; set it or write the value")
    return re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], value)


def _first(messages: Any, path: str = "") -> str:
    if isinstance(messages, Mapping):
        key = next(iter(messages))
        return _first(messages[key], f"{path}.{key}".lstrip("."))
    return f"{path}: {' '.join(map(str, messages))}"

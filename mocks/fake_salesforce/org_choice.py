"""Which org, said by a user: the name of an edition, or a TOML file.

An org file has an optional table `[org]` (name, edition, timezone, api_requests_max, sandbox, `[[org.users]]`,
`[[org.apps]]`, …), and beside it the custom objects and fields that `org_file` reads. A mistake is one MisuseError
line: file, key, remedy.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, validate, validates

from fake_core.errors import MisuseError
from fake_salesforce import data_files
from fake_salesforce.connected_apps import ConnectedApp
from fake_salesforce.org import OrgConfig, UserConfig
from fake_salesforce.schema.org_file import FILE_KEYS


class _Moment(fields.Field[datetime]):
    """A moment, as TOML writes one or as text; without a zone it is UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        del attr, data, kwargs
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise ValidationError("Not a moment: write 2026-01-05T09:00:00Z.") from error
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


class _User(Schema):
    username = fields.String(required=True, validate=validate.Regexp(r"^[^@\s]+@[^@\s]+$", error="Not like an email."))
    password = fields.String(required=True)
    security_token = fields.String()
    first_name = fields.String()
    last_name = fields.String()
    active = fields.Boolean()
    profile = fields.String()
    role = fields.String()
    trusted = fields.Boolean()
    password_expired = fields.Boolean()
    login_refused = fields.String()
    fields_ = fields.Dict(data_key="fields", attribute="fields")


class _App(Schema):
    client_id = fields.String(required=True, validate=validate.Length(min=1))
    client_secret = fields.String(required=True)
    name = fields.String()
    run_as = fields.String()
    callback_urls = fields.List(fields.String())
    scopes = fields.List(fields.String())
    certificate = fields.String()
    self_authorize = fields.Boolean()
    approved_users = fields.List(fields.String())
    secret_required = fields.Boolean()
    refresh_secret_required = fields.Boolean()
    pkce_required = fields.Boolean()
    rotate_refresh = fields.Boolean()
    refresh_seconds = fields.Integer(strict=True, validate=validate.Range(min=1))
    refresh_by_use = fields.Boolean()
    device_flow = fields.Boolean()
    introspect_all = fields.Boolean()


class _Org(Schema):
    name = fields.String()
    edition = fields.String()
    timezone = fields.String()
    api_requests_max = fields.Integer(strict=True, validate=validate.Range(min=0))
    bulk_rows_each_poll = fields.Integer(strict=True, validate=validate.Range(min=1))
    sandbox = fields.Boolean()
    data_storage_mb = fields.Integer(strict=True, validate=validate.Range(min=0))
    file_storage_mb = fields.Integer(strict=True, validate=validate.Range(min=0))
    replication_since = _Moment()
    replication_lag_seconds = fields.Integer(strict=True, validate=validate.Range(min=0))
    locked = fields.Boolean()
    api_enabled = fields.Boolean()
    audit_fields = fields.Boolean()
    login_attempts_max = fields.Integer(strict=True, validate=validate.Range(min=1))
    logins_per_hour = fields.Integer(strict=True, validate=validate.Range(min=1))
    apps = fields.List(fields.Nested(_App))
    users = fields.List(fields.Nested(_User), validate=validate.Length(min=1))

    @validates("timezone")
    def known_zone(self, value: str, **_options: Any) -> None:
        try:
            ZoneInfo(value)
        except (KeyError, OSError, ValueError) as error:  # not found is a KeyError
            raise ValidationError(f"No time zone {value!r}: write one like America/Los_Angeles.") from error


def choose_org(choice: str) -> OrgConfig:
    """The org that *choice* names: an edition in any letter case, or the path of a TOML file."""
    editions = data_files.load("editions.toml")["edition"]
    named = {name.lower(): name for name in editions}.get(choice.lower())
    if named is not None:
        return OrgConfig(edition=named)
    path = Path(choice)
    if not path.is_file():
        known = ", ".join(name.lower() for name in editions)
        raise MisuseError(f"--org {choice}: neither an edition ({known}) nor a file")
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MisuseError(f"--org {choice}: cannot be read as TOML: {error}") from error
    return _from_file(choice, given)


def _from_file(choice: str, given: dict[str, Any]) -> OrgConfig:
    words = given.pop("org", {})
    unknown = sorted(set(given) - set(FILE_KEYS))
    if unknown:
        raise MisuseError(f"--org {choice}: unknown {unknown[0]!r}: a file has org, {', '.join(FILE_KEYS)}")
    try:
        loaded = _Org().load(words)
    except ValidationError as error:
        raise MisuseError(f"--org {choice}: [org] {_first_line(error.messages)}") from error
    apps = loaded.pop("apps", None)
    if apps is not None:
        loaded["apps"] = tuple(_app(app, choice) for app in apps)
    users = loaded.pop("users", None)
    if users is not None:
        loaded["users"] = tuple(UserConfig(**user) for user in users)
    return OrgConfig(**loaded, extra=given)


def _app(words: dict[str, Any], choice: str) -> ConnectedApp:
    """A connected app; its certificate may be the name of a PEM file, looked for beside the org file."""
    pem = words.get("certificate", "")
    if pem and "-----BEGIN" not in pem:
        try:
            words["certificate"] = (Path(choice).parent / pem).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise MisuseError(
                f"--org {choice}: [[org.apps]] {words['client_id']}: certificate {pem}: {error}"
            ) from error
    given: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in words.items()}
    return ConnectedApp(**given)


def _first_line(messages: Any, path: str = "") -> str:
    """The first of marshmallow's messages, with the path of its key."""
    if isinstance(messages, dict):
        key, rest = next(iter(messages.items()))
        return _first_line(rest, f"{path}.{key}" if path else str(key))
    text = messages[0] if isinstance(messages, list) else messages
    return f"{path}: {text}"

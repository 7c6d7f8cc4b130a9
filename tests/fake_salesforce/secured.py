"""Orgs with users of several kinds, and callers who are logged in as one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tests.fake_salesforce.conftest import EXTRA, Caller

from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, UserConfig, create_app

ADMIN = "ada@acme.example"
PASSWORD = "secret-1"


def user(name: str, profile: str = "Sync", role: str = "", **more: Any) -> UserConfig:
    """A user called NAME@acme.example."""
    return UserConfig(username=f"{name}@acme.example", password=PASSWORD, profile=profile, role=role, **more)


def made(*users: UserConfig, profile: Mapping[str, Any] | None = None, **tables: Any) -> Caller:
    """The administrator of a new org with *users* and the org file's *tables*; *profile* is that called Sync."""
    everyone = (user("ada", "System Administrator"), *(users or (user("sam"),)))
    config = {key: tables.pop(key) for key in ("api_enabled", "audit_fields") if key in tables}
    profiles = {"Sync": profile or {}, **tables.pop("profiles", {})}
    extra = {**EXTRA, "profiles": profiles, **tables}
    fake = create_app(clock=FrozenClock(), org=OrgConfig(users=everyone, extra=extra, **config))
    return logged_in(Caller(fake), "ada")


def logged_in(at: Caller, name: str) -> Caller:
    """Another caller of the same org, with a session of NAME@acme.example."""
    caller = Caller(at.fake)
    caller.token = token_of(caller, f"{name}@acme.example", PASSWORD)
    return caller


def token_of(at: Caller, username: str, password: str) -> str:
    """An access token, by the password flow."""
    form = {
        "grant_type": "password",
        "client_id": "3MVG9understudy.connected.app",
        "client_secret": "UNDERSTUDYSECRET0000000001",
        "username": username,
        "password": password,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = at.call("POST", "/services/oauth2/token", data=urlencode(form).encode(), headers=headers)
    assert 200 == answer.status, answer.text
    token: str = answer.json["access_token"]
    return token


def settings(at: Caller, **given: Any) -> None:
    """Change rights through the control plane's seed."""
    seed = at.fake.seed
    assert seed is not None
    seed({"settings": given})

"""Opening, renewing and ending sessions: SOAP log-in and the OAuth grants that need no browser.

Rule 1: users are rows of User; passwords and security tokens come from the `OrgConfig`.
Rule 2: why a log-in failed is never told: wrong user, wrong password and wrong token read the same.
Rule 3: with a security token configured, both the password alone (an address inside the trusted
range, as the vendor has it) and password + token are accepted.
Source: REST API Developer Guide, OAuth flows; texts and grades in `data/login.toml`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fake_core.errors import VendorError
from fake_salesforce import data_files
from fake_salesforce.operations.not_faked import not_faked
from fake_salesforce.org import ConnectedApp, Org
from fake_salesforce.sessions import Session

SCOPE = "refresh_token web api id"
# Beginnings of the vendor's other grant types: web server flow, JWT bearer, device, token exchange, SAML, hybrid apps.
_GRANTS_NOT_FAKED = ("authorization_code", "assertion", "device", "hybrid_", "urn:ietf:params:oauth:grant-type:")


class OAuthRefused(VendorError):
    """The token endpoint refuses: `status` and the two keys of its body."""

    def __init__(self, key: str, /, **words: str) -> None:
        row = data_files.load("login.toml")["oauth"].get(key)
        assert row is not None, f"{key} is raised but has no row in login.toml"
        self.status: int = row["status"]
        self.body = {
            "error": row["error"],
            "error_description": row["error_description"].format(**words),
        }
        super().__init__(self.body["error_description"])


class SoapRefused(VendorError):
    """The SOAP endpoint answers with a fault of this code."""

    def __init__(self, code: str, /, **words: str) -> None:
        row = data_files.load("login.toml")["soap"].get(code)
        assert row is not None, f"{code} is raised but has no row in login.toml"
        self.code = code
        self.text: str = row["message"].format(**words)
        self.fault: str = row["fault"]
        super().__init__(self.text)


def user_row(org: Org, user_id: str) -> Mapping[str, Any] | None:
    """The User row with this id."""
    return _user_where(org, "Id", user_id)


def check_password(org: Org, *, username: str, secret: str) -> Mapping[str, Any] | None:
    """The active user whose password, or password followed by security token, is *secret*."""
    name = username.strip().lower()
    user = _user_where(org, "Username", name)
    known = None if user is None else org.passwords.of(username=name, user_id=user["Id"])
    if user is None or known is None:
        return None
    allowed = (known.password, known.password + known.security_token)
    if not any(hmac.compare_digest(secret.encode(), one.encode()) for one in allowed):
        return None
    return user if user["IsActive"] else None


def soap_login(org: Org, *, username: str, secret: str) -> tuple[Session, Mapping[str, Any]]:
    """A new session and its user; raises SoapRefused INVALID_LOGIN."""
    user = check_password(org, username=username, secret=secret)
    if user is None:
        raise SoapRefused("INVALID_LOGIN")
    now = org.clock.now()
    return org.sessions.open(user_id=user["Id"], client_id="SOAP", now=now), user


def token(org: Org, *, form: Mapping[str, str], basic: tuple[str, str] | None, base_url: str) -> dict[str, Any]:
    """The body of `POST /services/oauth2/token` for one of GRANTS; raises OAuthRefused.

    *basic* is (client id, client secret) from an Authorization header. *base_url* is the scheme
    and host the client used; the answer keeps it there. A grant of the vendor's that is not played is NOT_FAKED.
    """
    name = _need(form, "grant_type")
    grant = GRANTS.get(name)
    if grant is None:
        if name.startswith(_GRANTS_NOT_FAKED):
            raise not_faked("oauthGrants")
        raise OAuthRefused("unsupported_grant_type")
    client_id, secret = basic or (_need(form, "client_id"), form.get("client_secret"))
    app = org.apps.get(client_id)
    if app is None:
        raise OAuthRefused("unknown_client")
    if secret is None and grant is not _refresh:
        raise OAuthRefused("missing_parameter", parameter="client_secret")
    if secret is not None and not hmac.compare_digest(secret.encode(), app.client_secret.encode()):
        raise OAuthRefused("wrong_secret")
    user_id, extra = grant(org, app, form)
    now = org.clock.now()
    session = org.sessions.open(user_id=user_id, client_id=client_id, now=now)
    return _token_answer(org, session, app=app, now=now, base_url=base_url) | extra


def _password(org: Org, app: ConnectedApp, form: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    del app
    username, secret = _need(form, "username"), _need(form, "password")
    user = check_password(org, username=username, secret=secret)
    if user is None:
        raise OAuthRefused("authentication_failure")
    return user["Id"], {}


def _client_credentials(org: Org, app: ConnectedApp, form: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    del form
    user = _user_where(org, "Username", app.run_as.lower()) if app.run_as else None
    if user is None:
        raise OAuthRefused("no_run_as_user")
    if not user["IsActive"]:
        raise OAuthRefused("inactive_user")
    return user["Id"], {"scope": SCOPE}


def _refresh(org: Org, app: ConnectedApp, form: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    owner = org.sessions.refresh(_need(form, "refresh_token"))
    if owner is None or owner.client_id != app.client_id:
        raise OAuthRefused("expired_token")
    user = user_row(org, owner.user_id)
    if user is None or not user["IsActive"]:
        raise OAuthRefused("inactive_user")
    return owner.user_id, {"scope": SCOPE}


GRANTS = {
    "password": _password,
    "client_credentials": _client_credentials,
    "refresh_token": _refresh,
}


def revoke(org: Org, *, token: str | None) -> None:
    """End a session or forget a refresh token; raises OAuthRefused when it is neither."""
    if token is None or not org.sessions.close(token):
        raise OAuthRefused("unsupported_token")


def _token_answer(org: Org, session: Session, *, app: ConnectedApp, now: datetime, base_url: str) -> dict[str, Any]:
    identity = f"{base_url}/id/{org.org_id}/{session.user_id}"
    issued_at = str(int(now.timestamp() * 1000))
    digest = hmac.new(app.client_secret.encode(), (identity + issued_at).encode(), hashlib.sha256)
    return {
        "access_token": session.token,
        "instance_url": base_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
        "signature": base64.b64encode(digest.digest()).decode(),
    }


def _need(form: Mapping[str, str], parameter: str) -> str:
    value = form.get(parameter)
    if not value:
        raise OAuthRefused("missing_parameter", parameter=parameter)
    return value


def _user_where(org: Org, column: str, value: str) -> Mapping[str, Any] | None:
    user = org.schema.sobject("User")
    assert user is not None, "every schema has User"
    with org.store.read() as conn:
        found = conn.execute(sa.select(user.table).where(user.table.c[column] == value)).first()
    return None if found is None else dict(zip(user.table.columns.keys(), found, strict=True))

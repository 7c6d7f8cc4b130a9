"""The grants of the token endpoint.

Rule 1: a code is good once, for fifteen minutes, for the app and callback it was issued to; with PKCE only with its
verifier.
Rule 2: a refresh token follows the policy of its app: for ever, for a time since its issue, or since its last use;
with rotation each use replaces it, and an old one is dead.
Rule 3: client credentials work on the org's own host only; the log-in hosts do not know which org is meant.
Source: REST API Developer Guide and Salesforce Help, OAuth flows; texts and grades in `data/login.toml`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from fake_salesforce.connected_apps import ConnectedApp
from fake_salesforce.operations import login
from fake_salesforce.operations.not_faked import not_faked
from fake_salesforce.operations.oauth import answers, assertion, device
from fake_salesforce.operations.oauth.answers import Grant
from fake_salesforce.operations.oauth.clients import Request, may_refresh, secret_client
from fake_salesforce.operations.oauth.refused import OAuthRefused
from fake_salesforce.org import Org
from fake_salesforce.state.approvals import Code

# Beginnings of the vendor's grants that are not played: token exchange, SAML, hybrid apps.
_NOT_FAKED = ("assertion", "hybrid_", "urn:ietf:params:oauth:grant-type:")
_NOT_OF_MACHINES = frozenset({"full", "web", "refresh_token", "offline_access"})  # simple-salesforce PR 662


def token(org: Org, request: Request) -> Mapping[str, Any]:
    """The body of `POST /services/oauth2/token`; raises OAuthRefused, or NOT_FAKED for a grant that is not played."""
    if request.form.get("response_type") == "device_code" and "grant_type" not in request.form:
        return device.start(org, request)
    name = request.need("grant_type")
    grant = GRANTS.get(name)
    if grant is None:
        if name.startswith(_NOT_FAKED):
            raise not_faked("oauthGrants")
        raise OAuthRefused("unsupported_grant_type")
    if login.wrong_host(org, request.host):
        raise OAuthRefused("authentication_failure")
    return answers.body(org, grant(org, request), request)


def _password(org: Org, request: Request) -> Grant:
    app = secret_client(org, request)
    username, secret = request.need("username"), request.need("password")
    try:
        user = login.check_password(org, username=username, secret=secret, host=request.host)
    except login.SoapRefused as refused:
        raise login.as_oauth(refused) from refused
    if not app.self_authorize and not app.approves(user["Username"]):
        raise OAuthRefused("not_admin_approved")
    return Grant(app, user["Id"], " ".join(app.scopes), kind="password")


def _client_credentials(org: Org, request: Request) -> Grant:
    if request.host in {login.PRODUCTION_HOST, login.SANDBOX_HOST}:
        raise OAuthRefused("domain")
    app = secret_client(org, request)
    if request.form.get("scope"):
        raise OAuthRefused("scope_not_supported")
    user = login.user_named(org, app.run_as) if app.run_as else None
    if user is None:
        raise OAuthRefused("no_run_as_user")
    _admit(org, user)
    scope = " ".join(name for name in app.scopes if name not in _NOT_OF_MACHINES)
    return Grant(app, user["Id"], scope, kind="client_credentials")


def _authorization_code(org: Org, request: Request) -> Grant:
    text, redirect_uri = request.need("code"), request.need("redirect_uri")
    named = _named(org, request)
    app = secret_client(org, request, required=named is None or named.secret_required)
    now = org.clock.now()
    code = org.approvals.code(text)
    if code is None or code.client_id != app.client_id:
        raise OAuthRefused("invalid_code")
    if code.spent or now.timestamp() >= code.ends:
        raise OAuthRefused("expired_code")
    if code.redirect_uri != redirect_uri:
        raise OAuthRefused("redirect_mismatch")
    _check_verifier(code, request.form.get("code_verifier"))
    if not org.approvals.spend(code):
        raise OAuthRefused("expired_code")
    _admit(org, login.user_row(org, code.user_id))
    refresh = ""
    if may_refresh(code.scope):
        refresh = org.sessions.issue_refresh(
            user_id=code.user_id, client_id=app.client_id, scope=code.scope, now=now
        ).token
    return Grant(app, code.user_id, code.scope, shown=refresh, nonce=code.nonce)


def _named(org: Org, request: Request) -> ConnectedApp | None:
    """The app that the request names, before anything is checked: its settings say what it must show."""
    return org.apps.get(request.basic[0] if request.basic else request.form.get("client_id", ""))


def _check_verifier(code: Code, verifier: str | None) -> None:
    if not code.challenge:
        if verifier:
            raise OAuthRefused("code_verifier")
        return
    found = verifier or ""
    if code.method != "plain":
        digest = hashlib.sha256(found.encode()).digest()
        found = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not hmac.compare_digest(found.encode(), code.challenge.rstrip("=").encode()):
        raise OAuthRefused("code_verifier")


def _refresh(org: Org, request: Request) -> Grant:
    text = request.need("refresh_token")
    named = _named(org, request)
    app = secret_client(org, request, required=named is not None and named.refresh_secret_required)
    found = org.sessions.refresh(text)
    now = org.clock.now()
    if found is None or found.client_id != app.client_id:
        raise OAuthRefused("expired_token")
    since = found.used if app.refresh_by_use else found.issued
    if app.refresh_seconds is not None and since and now.timestamp() >= since + app.refresh_seconds:
        org.sessions.close(text)
        raise OAuthRefused("expired_token")
    _admit(org, login.user_row(org, found.user_id))
    found.used = now.timestamp()
    scope = found.scope or " ".join(app.scopes)
    if not app.rotate_refresh:
        return Grant(app, found.user_id, scope, from_refresh=text)
    new = org.sessions.rotate_refresh(found, now)
    return Grant(app, found.user_id, scope, shown=new.token)


def _admit(org: Org, user: Mapping[str, Any] | None) -> None:
    if user is None or not user["IsActive"]:
        raise OAuthRefused("inactive_user")
    try:
        login.admit(org, user)
    except login.SoapRefused as refused:
        raise login.as_oauth(refused) from refused


GRANTS: dict[str, Callable[[Org, Request], Grant]] = {
    "password": _password,
    "client_credentials": _client_credentials,
    "refresh_token": _refresh,
    "authorization_code": _authorization_code,
    "device": device.grant,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": assertion.grant,
}

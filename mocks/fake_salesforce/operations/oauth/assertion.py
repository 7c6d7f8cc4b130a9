"""The JWT bearer flow: a client that holds a private key speaks for a user.

Rule 1: RS256 only, checked against the certificate of the app that `iss` names.
Rule 2: `aud` is the log-in host of the org's kind, or the host the request came by.
Rule 3: `exp` is at most three minutes ahead, with three minutes of grace for the client's clock; a number that can
only be milliseconds is read as such, because the sf command line sends it so.
Rule 4: the user must have approved the app with a refresh token, or be approved by the administrator.
Source: Salesforce Help, OAuth 2.0 JWT Bearer Flow; simple-salesforce issues 371 and 491 (an `exp` that has passed, an
`exp` five minutes ahead); @salesforce/core (milliseconds); salesforce.stackexchange 184363 (approvals).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_salesforce.connected_apps import REFRESH_SCOPES, ConnectedApp, public_key
from fake_salesforce.operations import login
from fake_salesforce.operations.oauth.answers import Grant
from fake_salesforce.operations.oauth.clients import Request, find_app
from fake_salesforce.operations.oauth.refused import OAuthRefused
from fake_salesforce.org import Org

AHEAD_SECONDS = 180
GRACE_SECONDS = 180
_MILLISECONDS = 100_000_000_000  # as seconds this is the year 5138
ASSERTION_CHARS_MAX = 20_000


def grant(org: Org, request: Request) -> Grant:
    """Check the assertion; raises OAuthRefused."""
    if request.form.get("scope"):
        raise OAuthRefused("scope_not_supported")
    claims, app = _verified(org, request.need("assertion"))
    if not _meant_for(org, claims.get("aud"), request):
        raise OAuthRefused("audience")
    _check_time(claims.get("exp"), org.clock.now().timestamp())
    username = claims.get("sub", claims.get("prn"))
    if not isinstance(username, str) or not username:
        raise OAuthRefused("invalid_assertion")
    return _for_user(org, app, username)


def _verified(org: Org, assertion: str) -> tuple[Mapping[str, Any], ConnectedApp]:
    import jwt

    if len(assertion) > ASSERTION_CHARS_MAX:
        raise OAuthRefused("invalid_assertion")
    try:
        unproven = jwt.decode(assertion, options={"verify_signature": False, "verify_exp": False, "verify_aud": False})
        issuer = unproven.get("iss")
        app = find_app(org, issuer if isinstance(issuer, str) else "")
        if not app.certificate:
            raise OAuthRefused("invalid_assertion")
        claims: Mapping[str, Any] = jwt.decode(
            assertion,
            public_key(app.certificate, app.name),
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False},
        )
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise OAuthRefused("invalid_assertion") from error
    return claims, app


def _meant_for(org: Org, audience: Any, request: Request) -> bool:
    named = audience if isinstance(audience, list) else [audience]
    known = {f"https://{login.SANDBOX_HOST if org.config.sandbox else login.PRODUCTION_HOST}", request.base_url}
    known |= {f"{one}/services/oauth2/token" for one in tuple(known)}
    return any(isinstance(one, str) and one.rstrip("/") in known for one in named)


def _check_time(given: Any, at: float) -> None:
    try:
        ends = float(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise OAuthRefused("invalid_assertion") from error
    if ends > _MILLISECONDS:
        ends = ends / 1000 + GRACE_SECONDS  # they add seconds to milliseconds: it is over when it arrives
    if ends <= at:
        raise OAuthRefused("expired_assertion")
    if not ends <= at + AHEAD_SECONDS + GRACE_SECONDS:
        raise OAuthRefused("invalid_assertion")


def _for_user(org: Org, app: ConnectedApp, username: str) -> Grant:
    user = login.user_named(org, username)
    if user is None:
        raise OAuthRefused("not_approved")
    if not user["IsActive"]:
        raise OAuthRefused("inactive_user")
    if app.approves(username):
        scope = " ".join(app.scopes)
    elif not app.self_authorize:
        raise OAuthRefused("not_admin_approved")
    else:
        approved = org.approvals.approved(user["Id"], app.client_id)
        if REFRESH_SCOPES.isdisjoint(approved):
            raise OAuthRefused("not_approved")
        scope = " ".join(name for name in app.scopes if name in approved)
    try:
        login.admit(org, user)
    except login.SoapRefused as refused:
        raise login.as_oauth(refused) from refused
    return Grant(app, user["Id"], scope, kind="jwt")

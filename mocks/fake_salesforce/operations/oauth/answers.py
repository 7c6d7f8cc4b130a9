"""The bodies of the token endpoint: which keys, in which order, for each kind of grant.

Rule 1: `issued_at` is a text of epoch milliseconds; `signature` is HMAC-SHA256 of id and issued_at by the secret.
Rule 2: the password grant's order is recorded; a JWT bearer answer has no issued_at and no signature.
Source: OpenStax cassettes (password, recorded); simple-salesforce tests (JWT bearer); REST API Developer Guide, OAuth
flows (the rest, documented).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from fake_salesforce.connected_apps import ConnectedApp
from fake_salesforce.operations.oauth import openid
from fake_salesforce.operations.oauth.clients import Request
from fake_salesforce.org import Org

_PASSWORD = ("access_token", "instance_url", "id", "token_type", "issued_at", "signature")
_JWT = ("access_token", "scope", "instance_url", "id", "token_type")
_FULL = (
    "access_token",
    "refresh_token",
    "signature",
    "scope",
    "id_token",
    "state",
    "instance_url",
    "id",
    "token_type",
    "issued_at",
)
_KEYS = {"password": _PASSWORD, "jwt": _JWT}


@dataclass(frozen=True, slots=True)
class Grant:
    """Who was let in, for which app and scopes. *shown* is a refresh token to hand out, *from_refresh* the one used."""

    app: ConnectedApp
    user_id: str
    scope: str
    kind: str = ""
    shown: str = ""
    from_refresh: str = ""
    nonce: str = ""
    state: str = ""


def body(org: Org, grant: Grant, request: Request) -> dict[str, str]:
    """Open a session for the grant and say so."""
    now = org.clock.now()
    app = grant.app
    session = org.sessions.open(
        user_id=grant.user_id,
        client_id=app.client_id,
        now=now,
        scope=grant.scope,
        refresh=grant.shown or grant.from_refresh,
    )
    identity = f"{request.base_url}/id/{org.org_id}/{grant.user_id}"
    issued_at = str(int(now.timestamp() * 1000))
    digest = hmac.new(app.client_secret.encode(), (identity + issued_at).encode(), hashlib.sha256)
    words: dict[str, str] = {
        "access_token": session.token,
        "instance_url": request.base_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
        "signature": base64.b64encode(digest.digest()).decode(),
        "scope": grant.scope,
    }
    if grant.shown:
        words["refresh_token"] = grant.shown
    if grant.state:
        words["state"] = grant.state
    keys: Any = _KEYS.get(grant.kind, _FULL)
    if "openid" in grant.scope.split() and "id_token" in keys and grant.kind != "client_credentials":
        words["id_token"] = openid.id_token(
            org,
            base_url=request.base_url,
            subject=identity,
            client_id=app.client_id,
            access_token=session.token,
            nonce=grant.nonce,
        )
    return {key: words[key] for key in keys if key in words}

"""What becomes of tokens: revoking and introspecting them.

Rule 1: revoking a refresh token ends its sessions; revoking an access token leaves its refresh token.
Rule 2: an app sees its own tokens only, unless it may introspect all; what it may not see is not active.
Source: Salesforce Help, Revoke OAuth Tokens, and OpenID Connect Token Introspection.
"""

from __future__ import annotations

from typing import Any

from fake_salesforce.operations.login import user_row
from fake_salesforce.operations.oauth.clients import Request, secret_client
from fake_salesforce.operations.oauth.refused import OAuthRefused
from fake_salesforce.org import Org

_INACTIVE = {"active": False}


def revoke(org: Org, request: Request) -> None:
    """End a session or forget a refresh token; raises OAuthRefused when it is neither."""
    token = request.form.get("token")
    if not token or not org.sessions.close(token):
        raise OAuthRefused("unsupported_token")


def introspect(org: Org, request: Request) -> dict[str, Any]:
    """What is known of the token in the form; raises OAuthRefused for the client."""
    app = secret_client(org, request)
    token = request.need("token")
    session = org.sessions.find(token, org.clock.now())
    refresh = org.sessions.refresh(token)
    found = session or refresh
    if found is None or not (found.client_id == app.client_id or app.introspect_all):
        return dict(_INACTIVE)
    owner = org.apps.get(found.client_id)
    user = user_row(org, found.user_id)
    if owner is None or user is None or not user["IsActive"]:
        return dict(_INACTIVE)
    answer: dict[str, Any] = {
        "active": True,
        "scope": found.scope or " ".join(owner.scopes),
        "client_id": found.client_id,
        "username": user["Username"],
        "sub": f"{request.base_url}/id/{org.org_id}/{found.user_id}",
        "token_type": "access_token" if session is not None else "refresh_token",
    }
    if session is not None:
        answer["exp"] = int(session.ends)
    elif owner.refresh_seconds is not None and refresh is not None:
        answer["exp"] = int((refresh.used if owner.refresh_by_use else refresh.issued) + owner.refresh_seconds)
    return answer | {"iat": int(found.issued), "nbf": int(found.issued)}

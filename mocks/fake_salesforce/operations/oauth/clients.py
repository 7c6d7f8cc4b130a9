"""Which app calls, whether it may, and where it called.

Rule 1: a client may show its id and secret in the form or in a Basic header, with every grant.
Rule 2: without `scope` an app is granted all scopes it was configured with; it cannot be granted another.
Source: Salesforce Help, OAuth Tokens and Scopes; Connected App OAuth settings.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from fake_salesforce.connected_apps import REFRESH_SCOPES, ConnectedApp
from fake_salesforce.operations.oauth.refused import OAuthRefused
from fake_salesforce.org import Org


@dataclass(frozen=True, slots=True)
class Request:
    """A call of an OAuth endpoint: its form and query, a Basic header's pair, and the scheme and host it came by.

    *host* is the host name without port, lower case; *base_url* what URLs in the answer begin with.
    """

    form: Mapping[str, str]
    basic: tuple[str, str] | None
    base_url: str
    host: str

    def need(self, parameter: str) -> str:
        """The parameter; raises OAuthRefused without it."""
        value = self.form.get(parameter)
        if not value:
            raise OAuthRefused("missing_parameter", parameter=parameter)
        return value


def find_app(org: Org, client_id: str) -> ConnectedApp:
    """The app; raises OAuthRefused."""
    app = org.apps.get(client_id)
    if app is None:
        raise OAuthRefused("unknown_client")
    return app


def client(org: Org, request: Request) -> tuple[ConnectedApp, bool]:
    """The app that calls, and whether it proved itself by its secret; a wrong secret raises OAuthRefused."""
    client_id, secret = request.basic or (request.need("client_id"), request.form.get("client_secret"))
    app = find_app(org, client_id)
    if secret is None:
        return app, False
    if not hmac.compare_digest(secret.encode(), app.client_secret.encode()):
        raise OAuthRefused("wrong_secret")
    return app, True


def secret_client(org: Org, request: Request, *, required: bool = True) -> ConnectedApp:
    """The app that calls; with *required* it must have shown its secret. Raises OAuthRefused."""
    app, proven = client(org, request)
    if required and not proven:
        raise OAuthRefused("missing_parameter", parameter="client_secret")
    return app


def granted_scope(app: ConnectedApp, asked: str | None) -> str:
    """The scopes of a grant, joined by spaces; raises OAuthRefused for one the app has not."""
    names = (asked or "").split()
    if not names:
        return " ".join(app.scopes)
    for name in names:
        if name in app.scopes:
            continue
        if name in REFRESH_SCOPES:
            allowed = not REFRESH_SCOPES.isdisjoint(app.scopes)
        else:
            allowed = "full" in app.scopes
        if not allowed:
            raise OAuthRefused("invalid_scope")
    return " ".join(dict.fromkeys(names))


def may_refresh(scope: str) -> bool:
    """The grant comes with a refresh token."""
    return not REFRESH_SCOPES.isdisjoint(scope.split())

"""Judging an authorization request, and what a user's yes or no makes of it.

Rule 1: a request whose app or callback is not known is answered on a page: nobody is redirected to an address that
the app did not register. All else that is wrong goes to the callback.
Rule 2: a user who approved the app for these scopes before, or whom the administrator approved, is not asked again,
unless `prompt=consent`.
Rule 3: `immediate=true` never shows a page.
Source: Salesforce Help, OAuth 2.0 Web Server Flow and User-Agent Flow; HappySoup.io issue 252 (a callback's error).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from fake_salesforce.connected_apps import ConnectedApp
from fake_salesforce.operations import login
from fake_salesforce.operations.not_faked import not_faked
from fake_salesforce.operations.oauth import answers
from fake_salesforce.operations.oauth.answers import Grant
from fake_salesforce.operations.oauth.clients import Request, find_app, granted_scope, may_refresh
from fake_salesforce.operations.oauth.refused import OAuthRefused
from fake_salesforce.org import Org
from fake_salesforce.state.approvals import CODE_SECONDS, Code

SUCCESS_PATH = "/services/oauth2/success"
_NOT_FAKED = frozenset({"id_token", "hybrid_token", "hybrid_code"})


class Redirected(Exception):
    """The request is answered at the callback: `location`."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


@dataclass(frozen=True, slots=True)
class Wish:
    """An authorization request that may be put to a user."""

    request: Request
    app: ConnectedApp
    redirect_uri: str
    response_type: str
    scope: str
    state: str

    @property
    def prompts(self) -> frozenset[str]:
        """The words of `prompt`."""
        return frozenset(self.request.form.get("prompt", "").split())

    @property
    def immediate(self) -> bool:
        """The client wants an answer without a page."""
        return self.request.form.get("immediate", "").lower() == "true"

    def refuse(self, key: str) -> Redirected:
        """The refusal, at the callback."""
        return self.redirect(OAuthRefused(key).body)

    def redirect(self, words: Mapping[str, str]) -> Redirected:
        """*words* at the callback: behind # in the user-agent flow, else as its query."""
        known = {**words, "state": self.state} if self.state else dict(words)
        if self.response_type == "token":
            return Redirected(f"{self.redirect_uri}#{urlencode(known)}")
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return Redirected(f"{self.redirect_uri}{joint}{urlencode(known)}")


def judge(org: Org, request: Request) -> Wish:
    """The request, when a user may be asked; raises OAuthRefused (shown on a page) or Redirected."""
    app = find_app(org, request.need("client_id"))
    redirect_uri = request.form.get("redirect_uri", "")
    if not redirect_uri:
        raise OAuthRefused("redirect_missing")
    if redirect_uri not in app.callback_urls:
        raise OAuthRefused("redirect_mismatch")
    response_type = request.form.get("response_type", "")
    wish = Wish(request, app, redirect_uri, response_type, "", request.form.get("state", ""))
    if response_type not in {"code", "token"}:
        if not _NOT_FAKED.isdisjoint(response_type.split()):
            raise not_faked("oauthResponseTypes")
        raise wish.refuse("response_type")
    if app.pkce_required and response_type == "code" and not request.form.get("code_challenge"):
        raise wish.refuse("code_challenge")
    try:
        scope = granted_scope(app, request.form.get("scope"))
    except OAuthRefused as refused:
        raise wish.redirect(refused.body) from refused
    return Wish(request, app, redirect_uri, response_type, scope, wish.state)


def needs_consent(org: Org, wish: Wish, user: Mapping[str, Any]) -> bool:
    """The user must be asked; raises Redirected when the app is not for this user."""
    if not wish.app.self_authorize and not wish.app.approves(user["Username"]):
        raise wish.refuse("not_admin_approved")
    if "consent" in wish.prompts:
        return True
    if wish.app.approves(user["Username"]):
        return False
    return not set(wish.scope.split()) <= org.approvals.approved(user["Id"], wish.app.client_id)


def allow(org: Org, wish: Wish, user: Mapping[str, Any]) -> Redirected:
    """The user said yes, or had said so before: a code or tokens at the callback."""
    org.approvals.approve(user["Id"], wish.app.client_id, set(wish.scope.split()))
    now = org.clock.now()
    if wish.response_type == "token":
        refresh = ""
        if may_refresh(wish.scope) and _keeps_secrets(wish.redirect_uri):
            refresh = org.sessions.issue_refresh(
                user_id=user["Id"], client_id=wish.app.client_id, scope=wish.scope, now=now
            ).token
        nonce = wish.request.form.get("nonce", "")
        grant = Grant(wish.app, user["Id"], wish.scope, shown=refresh, nonce=nonce)
        return wish.redirect(answers.body(org, grant, wish.request))
    form = wish.request.form
    code = Code(
        code=f"aPrx{org.ids.token(76)}==",
        user_id=user["Id"],
        client_id=wish.app.client_id,
        redirect_uri=wish.redirect_uri,
        scope=wish.scope,
        ends=now.timestamp() + CODE_SECONDS,
        challenge=form.get("code_challenge", ""),
        method=form.get("code_challenge_method", "S256"),
        nonce=form.get("nonce", ""),
    )
    org.approvals.keep(code, now.timestamp())
    return wish.redirect({"code": code.code})


def deny(wish: Wish) -> Redirected:
    """The user said no."""
    return wish.refuse("access_denied")


def _keeps_secrets(redirect_uri: str) -> bool:
    """A refresh token goes to an app of its own scheme or to the vendor's page, never to a web server's address."""
    parts = urlsplit(redirect_uri)
    return parts.scheme not in {"http", "https"} or parts.path == SUCCESS_PATH


def browser_user(org: Org, sid: str) -> Mapping[str, Any] | None:
    """The active user of a browser's session cookie."""
    session = org.sessions.use(sid, org.clock.now()) if sid else None
    user = None if session is None else login.user_row(org, session.user_id)
    return user if user is not None and user["IsActive"] else None

"""What a person sees: the log-in page, the question whether an app may come in, the page for a device's code.

The pages are plain forms that a program can post as well: `username`, `pw`, and `decision` (allow or deny), all in one
post or one after the other. A log-in leaves the cookie `sid`, which is the session.

Rule 1: the form posts to the address it was shown at, so that the app's request comes along untouched.
Rule 2: nothing that came from outside stands in a page unescaped, and no page runs a script.
Source: our own pages; the addresses, the cookie's name and the order log-in, consent, callback are the vendor's.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from http.cookies import CookieError, SimpleCookie
from typing import Any

from fake_salesforce.operations import login
from fake_salesforce.operations.oauth import authorize as operations
from fake_salesforce.operations.oauth import device
from fake_salesforce.operations.oauth.authorize import Redirected, Wish
from fake_salesforce.operations.oauth.clients import Request
from fake_salesforce.operations.oauth.refused import OAuthRefused
from fake_salesforce.routes.answers import Answer, Headers
from fake_salesforce.routes.http import RESULT_CACHE, Call
from fake_salesforce.routes.oauth import read_request
from fake_salesforce.state.sessions import SOAP_CLIENT

COOKIE = "sid"
_HTML_HEADERS = [
    ("Content-Type", "text/html;charset=UTF-8"),
    ("Cache-Control", RESULT_CACHE),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
]


def authorize(call: Call) -> Answer:
    """GET or POST /services/oauth2/authorize"""
    cookies: Headers = []
    try:
        request = read_request(call)
        wish = operations.judge(call.org, request)
        return _ask(call, wish, cookies)
    except OAuthRefused as refused:
        words = "&".join(f"{key}={value.replace(' ', '%20')}" for key, value in refused.body.items())
        return _page("Error", f"<p>{escape(words)}</p>", 400)
    except Redirected as redirected:
        return Answer(b"", 302, [("Location", redirected.location), ("Cache-Control", RESULT_CACHE), *cookies])


def _ask(call: Call, wish: Wish, cookies: Headers) -> Answer:
    """A page, or Redirected with the answer."""
    posted = call.environ["REQUEST_METHOD"] == "POST"
    form = wish.request.form
    user, wrong = _user(call, wish.request, cookies, fresh="login" in wish.prompts and not posted)
    if user is None:
        if wish.immediate:
            raise wish.refuse("immediate")
        return _page("Log In", _login_form(_address(call), form.get("username", form.get("login_hint", "")), wrong))
    decision = form.get("decision", "") if posted else ""
    if decision == "deny":
        raise operations.deny(wish)
    if operations.needs_consent(call.org, wish, user) and decision != "allow":
        if wish.immediate:
            raise wish.refuse("immediate")
        return _page("Allow Access?", _consent_form(_address(call), wish, user), cookies=cookies)
    raise operations.allow(call.org, wish, user)


def connect(call: Call) -> Answer:
    """GET or POST /setup/connect: the page where a user types the code of a device"""
    cookies: Headers = []
    try:
        request = read_request(call)
    except OAuthRefused as refused:
        return _page("Error", f"<p>{escape(refused.body['error_description'])}</p>", 400)
    form = request.form
    posted = call.environ["REQUEST_METHOD"] == "POST"
    user, wrong = _user(call, request, cookies)
    if user is None:
        return _page("Log In", _login_form(_address(call), form.get("username", ""), wrong))
    shown = form.get("user_code", "")
    waiting = call.org.approvals.device_of_user_code(shown, call.now.timestamp()) if shown else None
    if waiting is None:
        wrong = "That code is not valid." if shown else ""
        return _page("Connect Your Device", _code_form(shown, wrong), cookies=cookies)
    decision = form.get("decision", "") if posted else ""
    if decision in {"allow", "deny"}:
        device.decide(call.org, waiting, user, allow=decision == "allow")
        text = "You can go back to your device." if decision == "allow" else "Access was denied."
        return _page("Connect Your Device", f"<p>{text}</p>", cookies=cookies)
    app = call.org.apps[waiting.client_id]
    return _page("Allow Access?", _device_form(app.name, waiting.scope, shown, user), cookies=cookies)


def error_page(text: str, status: int) -> Answer:
    """The page of whoever refuses in the place of these."""
    return _page("Error", f"<p>{escape(text)}</p>", status)


def success(call: Call) -> Answer:
    """GET /services/oauth2/success: where an app without a server of its own reads its address"""
    del call
    return _page("Remote Access Application Authorization", "<p>You can close this window.</p>")


# --- who is at the browser --------------------------------------------------------------------------


def _user(
    call: Call, request: Request, cookies: Headers, *, fresh: bool = False
) -> tuple[Mapping[str, Any] | None, str]:
    """The user who posts a password or has a session, and what was wrong with the password."""
    form = request.form
    if call.environ["REQUEST_METHOD"] == "POST" and "pw" in form:
        try:
            user = login.check_password(
                call.org, username=form.get("username", ""), secret=form["pw"], host=request.host
            )
        except login.SoapRefused:
            return None, "Please check your username and password."
        session = call.org.sessions.open(user_id=user["Id"], client_id=SOAP_CLIENT, now=call.now)
        secure = "; Secure" if request.base_url.startswith("https:") else ""
        cookies.append(("Set-Cookie", f"{COOKIE}={session.token}; Path=/; HttpOnly; SameSite=Lax{secure}"))
        return user, ""
    if fresh:
        return None, ""
    return operations.browser_user(call.org, _cookie(call)), ""


def _cookie(call: Call) -> str:
    try:
        found = SimpleCookie(call.environ.get("HTTP_COOKIE", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


# --- pages ------------------------------------------------------------------------------------------


def _address(call: Call) -> str:
    """Where the page was shown: its own path and query, for the form to post to."""
    query = call.environ.get("QUERY_STRING", "")
    path: str = call.environ["PATH_INFO"]
    return f"{path}?{query}" if query else path


def _login_form(action: str, username: str, wrong: str) -> str:
    return (
        f"{_alert(wrong)}"
        f'<form method="post" action="{escape(action)}"><p><label>Username '
        f'<input name="username" type="email" autocomplete="username" value="{escape(username)}" required></label></p>'
        '<p><label>Password <input name="pw" type="password" autocomplete="current-password" required></label></p>'
        '<p><button name="Login" value="Log In">Log In</button></p></form>'
    )


def _consent_form(action: str, wish: Wish, user: Mapping[str, Any]) -> str:
    return (
        f"{_wants(wish.app.name, wish.scope, user)}"
        f'<form method="post" action="{escape(action)}"><p>{_BUTTONS}</p></form>'
    )


def _device_form(name: str, scope: str, user_code: str, user: Mapping[str, Any]) -> str:
    return (
        f"{_wants(name, scope, user)}"
        f'<form method="post" action="/setup/connect">'
        f'<input name="user_code" type="hidden" value="{escape(user_code)}"><p>{_BUTTONS}</p></form>'
    )


def _code_form(user_code: str, wrong: str) -> str:
    return (
        f"{_alert(wrong)}"
        '<form method="post" action="/setup/connect"><p><label>Code '
        f'<input name="user_code" value="{escape(user_code)}" required></label></p>'
        "<p><button>Connect</button></p></form>"
    )


def _wants(name: str, scope: str, user: Mapping[str, Any]) -> str:
    scopes = "".join(f"<li>{escape(one)}</li>" for one in scope.split())
    who = escape(str(user["Username"]))
    return f"<p>{escape(name)} is asking for these scopes:</p><ul>{scopes}</ul><p>You are logged in as {who}.</p>"


def _alert(text: str) -> str:
    return f'<p role="alert">{escape(text)}</p>' if text else ""


_BUTTONS = '<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button>'


def _page(title: str, inner: str, status: int = 200, *, cookies: Headers | None = None) -> Answer:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title} | Understudy</title>"
        "<style>body{font:1rem sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem}"
        "input{display:block;width:100%}</style></head>"
        f"<body><main><h1>{title}</h1>{inner}<p><small>A pretended org: this is Understudy, not Salesforce."
        "</small></p></main></body></html>"
    )
    return Answer(text.encode(), status, [*_HTML_HEADERS, *(cookies or [])])

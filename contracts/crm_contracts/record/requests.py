"""A recorded request as our fake can be asked it: our host, our ids, our credentials.

Rule 1: a request that the vendor let in is sent with credentials of ours, wherever the recording shows one, and where a
browser left it out; one that it refused (401) is sent as it was recorded.
Rule 2: of a log-in that was refused, what its error names stays wrong, and the rest is right.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from crm_contracts.record.answers import error_of
from crm_contracts.record.names import Names
from crm_contracts.traffic import Call

__all__ = ["Asked", "asked"]

Asked = tuple[str, str, list[tuple[str, str]], bytes]  # method, URL, headers, body

_LEFT = frozenset({"host", "content-length", "content-encoding", "accept-encoding", "connection", "cookie", "expect"})
_SHOWN = ("authorization", "app-token", "x-sfdc-session")
_STAND_IN = re.compile(r"secret-\d+|\[removed\]")
_TOKEN_PATH, _SOAP_PATHS = "/services/oauth2/token", ("/services/Soap/u/", "/services/Soap/c/")
_WRONG = {"invalid_client_id": "client_id", "invalid_client": "client_secret", "invalid_grant": "password"}
_GRANTS = ("password", "client_credentials", "refresh_token")


def asked(call: Call, names: Names, host: str, words: Mapping[str, Any]) -> Asked | str:
    """The request of *call* for the fake at *host*, whose credentials are *words*; or why it cannot be asked."""
    parts = urlsplit(call.url)
    url = host + names.ours(parts.path + (f"?{parts.query}" if parts.query else ""))
    headers = [pair for pair in call.request_headers if pair[0] not in _LEFT]
    if parts.path.startswith(_TOKEN_PATH):
        return _log_in(call, url, headers, words)
    body = _body(call.request, names)
    if call.status == 401:
        return call.method, url, headers, body
    if parts.path.startswith(_SOAP_PATHS) and b"login>" in body and call.status == 200:
        body = _element(_element(body, "username", words["username"]), "password", _password(words))
        return call.method, url, headers, body
    token = str(words.get("access_token") or words.get("token") or "")
    headers = [(name, _STAND_IN.sub(lambda _: token, value)) for name, value in headers]
    if not any(name in _SHOWN for name, _ in headers):  # browsers leave it out of what they export
        headers.append(("app-token", token) if call.vendor == "totango" else ("authorization", f"Bearer {token}"))
    url = _STAND_IN.sub(lambda _: token, url)
    return call.method, url, headers, _STAND_IN.sub(lambda _: token, body.decode("latin-1")).encode("latin-1")


def _body(body: bytes, names: Names) -> bytes:
    return names.ours(body.decode("latin-1")).encode("latin-1")  # ids are ASCII, whatever stands around them


def _log_in(call: Call, url: str, headers: list[tuple[str, str]], words: Mapping[str, Any]) -> Asked | str:
    form = dict(parse_qsl(call.request.decode("utf-8", "replace"), keep_blank_values=True))
    if form.get("grant_type") not in _GRANTS and call.status == 200:
        return f"a log-in by {form.get('grant_type')} takes keys that are not ours"
    right = {name: str(words[name]) for name in ("client_id", "client_secret", "username", "refresh_token")}
    right["password"] = _password(words)
    wrong = _WRONG.get(error_of(call)[0], "")
    given = {name: right[name] if name in right and name != wrong else value for name, value in form.items()}
    pair = base64.b64encode(f"{right['client_id']}:{right['client_secret']}".encode()).decode()
    sent = [(name, f"Basic {pair}" if value.startswith("Basic ") else value) for name, value in headers]
    return call.method, url, sent, urlencode(given).encode()


def _password(words: Mapping[str, Any]) -> str:
    return f"{words['password']}{words['security_token']}"


def _element(body: bytes, name: str, value: str) -> bytes:
    pattern = rb"(<(?:\w+:)?%b>)[^<]*(?=</)" % name.encode()
    return re.sub(pattern, lambda found: found[1] + value.encode(), body)

"""The OAuth endpoints that programs call: token, revoke, introspect, the keys, the discovery document.

Rule 1: every URL in an answer keeps the scheme and host the client used.
Rule 2: `format` (json, urlencoded, xml), or else the Accept header, decides how the token endpoint answers; JSON
without either.
Source: headers and cookies of the token endpoint are recorded (OpenStax cassettes); formats: REST API Developer Guide,
OAuth flows; the XML elements are assumed.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.sax.saxutils import escape

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import parse_form_data

from fake_salesforce.errors import SalesforceError
from fake_salesforce.operations.oauth import grants, openid, tokens
from fake_salesforce.operations.oauth.clients import Request
from fake_salesforce.operations.oauth.refused import OAuthRefused
from fake_salesforce.routes import cookies
from fake_salesforce.routes.answers import Answer, read_body
from fake_salesforce.routes.http import JSON_TYPE, RESULT_CACHE, Call, host_of
from fake_salesforce.wire import jsontext

FIELDS_MAX = 100
_TOKEN_HEADERS = [
    ("Cache-Control", RESULT_CACHE),
    ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("X-ReadOnlyMode", "false"),
    ("Vary", "Accept-Encoding"),
]
_CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,99}", re.ASCII)


def token(call: Call) -> Answer:
    """POST /services/oauth2/token"""
    return _answered(call, lambda request: grants.token(call.org, request))


def token_by_get(call: Call) -> Answer:
    """GET /services/oauth2/token: refused, and in which words."""

    def refuse(_request: Request) -> Mapping[str, Any]:
        raise OAuthRefused("post_only")

    return _answered(call, refuse)


def introspect(call: Call) -> Answer:
    """POST /services/oauth2/introspect"""
    return _answered(call, lambda request: tokens.introspect(call.org, request))


def revoke(call: Call) -> Answer:
    """POST or GET /services/oauth2/revoke; a GET may name a JavaScript function in `callback`."""
    try:
        request = read_request(call)
        script = request.form.get("callback", "")
        tokens.revoke(call.org, request)
    except OAuthRefused as refused:
        script = call.query.get("callback", "")
        if _CALLBACK.fullmatch(script):
            return _script(script, {"error": "invalid_token"})
        return _oauth(call, refused.body, refused.status)
    if _CALLBACK.fullmatch(script):
        return _script(script, {})
    return Answer(b"", 200, [("Cache-Control", RESULT_CACHE)])


def keys(call: Call) -> Answer:
    """GET /id/keys"""
    return _json(openid.keys(call.org))


def discovery(call: Call) -> Answer:
    """GET /.well-known/openid-configuration"""
    return _json(openid.discovery(call.base_url))


# --- reading ----------------------------------------------------------------------------------------


def read_request(call: Call) -> Request:
    """The call as the operations take it; raises OAuthRefused for more fields than any client sends."""
    base_url = call.base_url
    return Request(_form(call), _basic(call), base_url, host_of(base_url))


def _form(call: Call) -> Mapping[str, str]:
    """The body, a form of either kind, together with the query string."""
    try:
        body = read_body(call.environ)
    except SalesforceError as error:
        raise OAuthRefused("not_read", why=error.message) from error
    media = call.environ.get("CONTENT_TYPE", "")
    if media.lower().startswith("multipart/form-data"):
        environ = {**call.environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        try:
            _, found, _ = parse_form_data(environ, max_form_parts=FIELDS_MAX, max_form_memory_size=None)
        except RequestEntityTooLarge as error:
            raise OAuthRefused("many_fields") from error
        return {**call.query, **found.to_dict()}
    try:
        pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise OAuthRefused("many_fields") from error
    return {**call.query, **dict(pairs)}


def _basic(call: Call) -> tuple[str, str] | None:
    scheme, _, encoded = call.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, secret


# --- answering --------------------------------------------------------------------------------------


def _answered(call: Call, operation: Callable[[Request], Mapping[str, Any]]) -> Answer:
    form: Mapping[str, str] = call.query
    try:
        request = read_request(call)
        form = request.form
        return _oauth(call, operation(request), 200, form)
    except OAuthRefused as refused:
        return _oauth(call, refused.body, refused.status, form)


def _oauth(call: Call, body: Mapping[str, Any], status: int, form: Mapping[str, str] | None = None) -> Answer:
    kind = _wanted((form or {}).get("format", ""), call.environ.get("HTTP_ACCEPT", ""))
    if kind == "urlencoded":
        media, text = (
            "application/x-www-form-urlencoded;charset=UTF-8",
            urlencode({k: _text(v) for k, v in body.items()}),
        )
    elif kind == "xml":
        inner = "".join(f"<{key}>{escape(_text(one))}</{key}>" for key, one in body.items())
        media, text = "application/xml;charset=UTF-8", f'<?xml version="1.0" encoding="UTF-8"?><OAuth>{inner}</OAuth>'
    else:
        media, text = JSON_TYPE, jsontext.compact(body)
    set_cookies = cookies.of(call.org, call.base_url.rpartition("/")[2])[:2]  # not the LSKey: nobody recorded it here
    return Answer(text.encode(), status, [("Content-Type", media), *_TOKEN_HEADERS, *set_cookies])


def refusal(call: Call, refused: OAuthRefused, body: bytes) -> Answer:
    """The answer of whoever refuses in the place of these endpoints, as a form of this *body* asks for it."""
    form = {**call.query, **dict(parse_qsl(body.decode(errors="replace")[:_FORM_CHARACTERS]))}
    return _oauth(call, refused.body, refused.status, form)


_FORM_CHARACTERS = 10_000  # of a body that is read for its `format`


def _wanted(named: str, accept: str) -> str:
    """json, urlencoded or xml."""
    if named in {"json", "urlencoded", "xml"}:
        return named
    first = accept.split(",", maxsplit=1)[0].partition(";")[0].strip().lower()
    return {"application/xml": "xml", "application/x-www-form-urlencoded": "urlencoded"}.get(first, "json")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else jsontext.compact(value)


def _script(function: str, body: Mapping[str, Any]) -> Answer:
    text = f"{function}({jsontext.compact(body)});"
    return Answer(
        text.encode(), 200, [("Content-Type", "text/javascript;charset=UTF-8"), ("Cache-Control", RESULT_CACHE)]
    )


def _json(body: Mapping[str, Any]) -> Answer:
    headers = [("Content-Type", JSON_TYPE), ("Cache-Control", RESULT_CACHE)]
    return Answer(jsontext.compact(body).encode(), 200, headers)

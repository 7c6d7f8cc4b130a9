"""One HTTP exchange: who calls, in which version, and how an answer is put on the wire.

Rule 1: the order of refusals is: body too large, unknown version, session, API limit, then the
operation's own.
Rule 2: every answer to a caller with a session carries `Sforce-Limit-Info`; a 401 does not.
Rule 3: an operation's `SalesforceError` becomes an answer here and nowhere else.
Source: response headers recorded in 2024 (OpenStax cassettes); REST API Developer Guide, Headers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from werkzeug.exceptions import MethodNotAllowed

from fake_core.errors import FakeError, VendorError
from fake_core.fake import FAULT_KEY
from fake_core.faults import Fault
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations import access, archive, recycle
from fake_salesforce.operations.records import ManyFound
from fake_salesforce.operations.values import TypeMismatch
from fake_salesforce.org import Org
from fake_salesforce.routes import cookies, xml
from fake_salesforce.routes.answers import PRETTY, Answer, Headers, read_body
from fake_salesforce.soql.errors import NotFaked
from fake_salesforce.state import acting
from fake_salesforce.state.sessions import Session
from fake_salesforce.wire import jsontext

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

VERSION_MIN, VERSION_MAX = 31, 67  # Summer '14 to Summer '26; 21-30 retired with Summer '25
VERSION_RETIRED_MIN = 7
RESULT_CACHE = "no-cache,must-revalidate,max-age=0,no-store,private"
JSON_TYPE = "application/json;charset=UTF-8"

_VERSIONS = {f"v{number}.0": number for number in range(VERSION_MIN, VERSION_MAX + 1)}
_RETIRED = {f"v{number}.0" for number in range(VERSION_RETIRED_MIN, VERSION_MIN)}
_FIXED_HEADERS = [
    ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Robots-Tag", "none"),
    ("Cache-Control", RESULT_CACHE),
    ("Server", "sfdcedge"),
]
_EDGE_CACHE = ("X-SFDC-Edge-Cache", "MISS")
_BODY_HEADERS = [("Content-Type", JSON_TYPE), ("Vary", "Accept-Encoding")]
_AUTHORIZATION = re.compile(r"(?:Bearer|OAuth)\s+(\S+)\s*", re.IGNORECASE)
_JSON_MEDIA = re.compile(r"application/json\s*(?:;.*)?", re.IGNORECASE)


class Call:
    """A request on its way through: made by `bind`, read by a view, answered by its methods.

    `version` is "60.0" and `number` 60; `base` is the path under which its resources live.
    """

    __slots__ = (
        "base",
        "body_text",
        "environ",
        "now",
        "number",
        "org",
        "session_user",
        "subrequest",
        "token",
        "version",
        "xml",
    )

    def __init__(self, org: Org, environ: WSGIEnvironment) -> None:
        self.org = org
        self.environ = environ
        self.version = ""
        self.number = VERSION_MAX
        self.base = ""
        self.session_user = ""
        self.token = ""
        self.body_text: str | None = None
        self.subrequest = False  # inside a composite: no headers of its own, no positions
        self.xml = "xml" in environ.get("HTTP_ACCEPT", "") and xml.is_wanted(environ["HTTP_ACCEPT"])

    # --- who and where -------------------------------------------------------------------------

    def authenticate(self) -> None:
        """Find the session of the Authorization header; raises 401 answers."""
        header = self.environ.get("HTTP_AUTHORIZATION")
        if header is None:
            raise salesforce_error("INVALID_SESSION_ID")
        match = _AUTHORIZATION.fullmatch(header)
        if match is None:
            raise salesforce_error("INVALID_AUTH_HEADER")
        session = self.org.sessions.use(match[1], self.now)
        if session is None:
            raise salesforce_error("INVALID_SESSION_ID")
        if session.scope and not session.reaches_api:
            raise salesforce_error("INVALID_SESSION_ID.scope")
        if session.password_due:
            raise salesforce_error("INVALID_OPERATION_WITH_EXPIRED_PASSWORD")
        self.act_for(session)

    def act_for(self, session: Session) -> None:
        """From here on the call is that of the session's user, in the org as the user sees it.

        Raises 401 and ends the session of a user who is not active, 403 for one who may not use the API.
        """
        try:
            seen = access.enter(self.org, session.user_id)
        except SalesforceError:
            self.org.sessions.end(session.token)
            raise
        self.session_user = session.user_id
        acting.NOW.set(self)
        self.token = session.token
        self.org = seen
        access.refuse_without_api(seen)

    def open(self, version: str | None) -> None:
        """Authenticate, count the call, settle the version; raises the vendor's refusals."""
        self.now = self.org.clock.now()
        self.authenticate()
        if self.org.long_requests.full():
            raise salesforce_error("REQUEST_LIMIT_EXCEEDED.concurrent")
        if not self.org.api_requests.take():
            raise salesforce_error("REQUEST_LIMIT_EXCEEDED")
        recycle.purge(self.org, self.now)
        archive.sweep(self.org, self.now)
        if version is not None:
            self.settle(version)

    def settle(self, version: str) -> None:
        """Take *version* (`v60.0`) as the caller's API version; raises 404 or 410."""
        number = _VERSIONS.get(version)
        if number is None:
            raise salesforce_error("GONE" if version in _RETIRED else "NOT_FOUND")
        self.number = number
        self.version = version[1:]
        self.base = f"/services/data/{version}"

    def child(self, environ: WSGIEnvironment) -> Call:
        """A call inside this one, with *environ*: the same caller at the same moment, not counted again."""
        sub = Call(self.org, environ)
        sub.now, sub.session_user, sub.token = self.now, self.session_user, self.token
        sub.number, sub.version, sub.base = self.number, self.version, self.base
        sub.subrequest = True
        return sub

    @property
    def fault(self) -> Fault | None:
        """A row_locked or item_refused fault that this call must play."""
        fault: Fault | None = self.environ.get(FAULT_KEY)
        return fault

    @property
    def base_url(self) -> str:
        """Scheme and host as the client wrote them."""
        return base_url(self.environ)

    @property
    def query(self) -> dict[str, str]:
        """The query string; of a repeated name the last."""
        return dict(parse_qsl(self.environ.get("QUERY_STRING", ""), keep_blank_values=True))

    # --- the body ------------------------------------------------------------------------------

    def json_body(self) -> Any:
        """The parsed body; raises 415 for another media type, 400 for no body or broken JSON."""
        media = self.environ.get("CONTENT_TYPE", "")
        if _JSON_MEDIA.fullmatch(media) is None:
            if xml.is_xml(media):
                return xml.body(self.environ)
            shown = media.split(";")[0].strip() or "application/octet-stream"
            raise salesforce_error("UNSUPPORTED_MEDIA_TYPE", media=shown)
        body = read_body(self.environ)
        if not body.strip():
            raise salesforce_error("JSON_PARSER_ERROR.no_body")
        try:
            value = jsontext.parse(body)
        except jsontext.NotJson as error:
            raise salesforce_error("JSON_PARSER_ERROR", text=error.message) from error
        if not self.subrequest:
            self.body_text = body.decode()
        return value

    # --- the answer ----------------------------------------------------------------------------

    def headers(self) -> Headers:
        """The headers that every answer of this call has, as a list of its own."""
        if self.subrequest:
            return []
        request_id = self.org.ids.hex(32)
        headers = [*_FIXED_HEADERS, ("X-SFDC-Request-Id", request_id), ("X-Request-Id", request_id)]
        headers += cookies.of(self.org, self.base_url.rpartition("/")[2])
        if self.environ["REQUEST_METHOD"] == "GET":
            headers.append(_EDGE_CACHE)
        if self.session_user:
            window = self.org.api_requests
            headers.append(("Sforce-Limit-Info", f"api-usage={window.used()}/{window.limit}"))
        return headers

    def json(
        self,
        value: Any,
        status: int = 200,
        *,
        location: str | None = None,
        more: Sequence[tuple[str, str]] = (),
        pretty: bool = True,
    ) -> Answer:
        """*value* as JSON, compact or, unless it never is, *pretty* as the client asked; as XML where it asked so."""
        if self.xml:
            return xml.answer(self, value, status, location=location, more=more, pretty=pretty)
        if pretty and self.environ.get("HTTP_X_PRETTYPRINT") in PRETTY:
            body = jsontext.pretty(value).encode(errors="replace")
        else:
            body = json_bytes(value)
        if location is not None:
            more = [*more, ("Location", location)]
        return self.json_of(body, status, more=more)

    def json_of(self, body: bytes, status: int = 200, *, more: Sequence[tuple[str, str]] = ()) -> Answer:
        """JSON that is written already, as `json_bytes` wrote it."""
        return Answer(body, status, [*self.headers(), *_BODY_HEADERS, *more])

    def binary(self, value: bytes) -> Answer:
        """200 with bytes as they are: the content of a file."""
        return Answer(value, 200, [*self.headers(), ("Content-Type", "application/octetstream")])

    def no_content(self) -> Answer:
        """204: no body, no Content-Type."""
        return Answer(b"", 204, self.headers())

    def not_modified(self, modified: str, *, tag: str | None = None) -> Answer:
        """304 with the moment of the last change, an HTTP date, and the ETag without its quotes."""
        tagged = [] if tag is None else [("ETag", f'"{tag}"')]
        return Answer(b"", 304, [*self.headers(), *tagged, ("Last-Modified", modified)])

    def error(self, error: FakeError, *, more: Sequence[tuple[str, str]] = ()) -> Answer:
        """The vendor's answer for *error*: a list of one, or the choices of an ambiguous key."""
        if isinstance(error, ManyFound):
            paths = [f"{self.base}/sobjects/{error.sobject.name}/{one}" for one in error.ids]
            return self.json(paths, 300)
        if isinstance(error, TypeMismatch):
            error = error.located(self.body_text)
        if isinstance(error, NotFaked):
            error = salesforce_error("NOT_FAKED", what=error.feature, why="SOQL")
        if not isinstance(error, SalesforceError):
            raise error
        if error.status == 401:
            more = [*more, ("WWW-Authenticate", "Token")]
        return self.json([error.as_item()], error.status, more=more)

    def method_not_allowed(self, allowed: str) -> Answer:
        """405 with the methods that the resource takes, joined by commas, in the text and in `Allow`."""
        method = re.sub(r"[^A-Z]", "", self.environ["REQUEST_METHOD"])[:20]
        refusal = salesforce_error("METHOD_NOT_ALLOWED", method=method, allowed=allowed)
        return self.error(refusal, more=[("Allow", allowed)])


def methods_named(error: MethodNotAllowed) -> str:
    """The methods that a 405 names, joined by commas: those of the resource's routes."""
    return ",".join(sorted(set(error.valid_methods or ()) - {"OPTIONS"}))


def json_bytes(value: Any) -> bytes:
    """*value* as compact JSON."""
    return jsontext.compact(value).encode(errors="replace")


_REFUSALS = (VendorError, NotFaked)

View = Callable[..., Answer]


def bind(org: Org, view: View, *, versioned: bool = True) -> View:
    """*view* as a Flask view function: `view(call, **path)` behind session, limit and version."""

    def endpoint(**path: str) -> Answer:
        from flask import request

        call = Call(org, request.environ)
        try:
            call.open(path.pop("version") if versioned else None)
            return view(call, **path)
        except _REFUSALS as error:
            return call.error(error)

    return endpoint


def bind_open(org: Org, view: View) -> View:
    """*view* without session and limit: `view(call, **path)`."""

    def endpoint(**path: str) -> Answer:
        from flask import request

        call = Call(org, request.environ)
        call.now = org.clock.now()
        try:
            return view(call, **path)
        except _REFUSALS as error:
            return call.error(error)

    return endpoint


def base_url(environ: WSGIEnvironment) -> str:
    """Scheme and host as the client wrote them; a proxy's X-Forwarded-* headers win."""
    scheme = _first(environ, "HTTP_X_FORWARDED_PROTO") or environ["wsgi.url_scheme"]
    host = (
        _first(environ, "HTTP_X_FORWARDED_HOST")
        or environ.get("HTTP_HOST")
        or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    )
    return f"{scheme}://{host}"


def host_of(base_url: str) -> str:
    """The host name of a base URL, in lower case and without its port; "" for a Host header that names none."""
    try:
        return (urlsplit(base_url).hostname or "").lower()
    except ValueError:  # a bracket that is not closed
        return ""


def _first(environ: WSGIEnvironment, name: str) -> str:
    return str(environ.get(name, "")).split(",")[0].strip()


def form_fields(call: Call) -> Mapping[str, str]:
    """A form body together with the query string, as the OAuth endpoints read them."""
    body = read_body(call.environ).decode(errors="replace")
    return {**call.query, **dict(parse_qsl(body, keep_blank_values=True, max_num_fields=100))}

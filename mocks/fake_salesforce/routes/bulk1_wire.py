"""How Bulk API 1.0 speaks: its session header, and its answers in XML or JSON.

Rule 1: the session comes in `X-SFDC-Session`; an Authorization header counts for nothing here.
Rule 2: a job's own contentType decides: JSON jobs are answered in JSON, all others in XML. Where there is no job yet,
or none that is known, the request's Content-Type decides, and without one it is XML.
Rule 3: a refusal is status 400 with one `exceptionCode` and one `exceptionMessage`; no answer carries
`Sforce-Limit-Info`.
Source: elements, their order and white space, headers and the two date forms are recorded (CumulusCI, batches of 2022
and 2024; other public copies of jobInfo); rule 2 is from the Bulk API Developer Guide, Content Type Header.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from fake_core.errors import FakeError, VendorError
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations.bulk1.rows import NAMESPACE, local, parse_xml
from fake_salesforce.operations.caller import Caller
from fake_salesforce.org import Org
from fake_salesforce.routes.answers import PRETTY, Answer
from fake_salesforce.routes.http import VERSION_MAX, VERSION_MIN, Call, View
from fake_salesforce.routes.streams import spool_body
from fake_salesforce.soql.errors import NotFaked
from fake_salesforce.wire import jsontext
from fake_salesforce.wire.xmltext import sayable

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
JOB_BYTES_MAX = 100_000  # of a request that describes a job; real ones are under 1,000
SESSION_HEADER = "HTTP_X_SFDC_SESSION"  # as WSGI names it
_KEPT_OUT = {"API_DISABLED_FOR_ORG": "FeatureNotEnabled.async", "API_CURRENTLY_DISABLED": "InvalidUser.api"}
_VERSIONS = {f"{number}.0": number for number in range(VERSION_MIN, VERSION_MAX + 1)}
Values = Mapping[str, Any]


class AsyncCall(Call):
    """A request below `/services/async/NN.0`. `as_json` is how it is answered."""

    __slots__ = ("as_json",)

    def __init__(self, org: Org, environ: WSGIEnvironment) -> None:
        super().__init__(org, environ)
        self.now = org.clock.now()
        self.as_json = "json" in self.media

    @property
    def media(self) -> str:
        """The media type of the request, in lower case and without parameters."""
        return str(self.environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()

    def caller(self) -> Caller:
        """Who writes, for the operations."""
        return Caller(self.session_user, self.now, self.number, self.fault)

    def enter(self, version: str) -> None:
        """Find the session, count the call, settle the version; raises the vendor's refusals."""
        token = self.environ.get(SESSION_HEADER, "").strip()
        if not token:
            raise salesforce_error("InvalidSessionId.missing")
        session = self.org.sessions.use(token, self.now)
        if session is None or not session.reaches_api:
            raise salesforce_error("InvalidSessionId")
        try:
            self.act_for(session)
        except SalesforceError as error:
            raise salesforce_error(_KEPT_OUT.get(error.key, "InvalidSessionId")) from error  # not active any more
        if not self.org.api_requests.take():
            raise salesforce_error("ExceededQuota.requests")
        number = _VERSIONS.get(version)
        if number is None:
            raise salesforce_error("InvalidVersion", version=version)
        self.number = number
        self.version = version
        self.base = f"/services/async/{version}"

    # --- the body ------------------------------------------------------------------------------

    def body(self, limit: int) -> bytes:
        """The body, unpacked, read no further than *limit* bytes; raises ClientInputError for more."""
        try:
            spooled = spool_body(
                self.environ, limit=limit, too_large=lambda: salesforce_error("ClientInputError.size", limit=limit)
            )
        except SalesforceError as error:
            if error.code != "JSON_PARSER_ERROR":
                raise
            raise salesforce_error("ClientInputError.not_read", text=error.message) from error
        with spooled:
            return spooled.read()

    def job_body(self) -> dict[str, Any]:
        """What a request says of a job: its keys and values, whichever form it has. Raises InvalidXML or InvalidJob."""
        body = self.body(JOB_BYTES_MAX)
        if "json" in self.media:
            try:
                found = jsontext.parse(body)
            except jsontext.NotJson as error:
                raise salesforce_error("InvalidJob.not_read") from error
            if not isinstance(found, dict):
                raise salesforce_error("InvalidJob.not_read")
            return found
        root = parse_xml(body, "InvalidXML")
        if local(root) != "jobInfo":
            raise salesforce_error("InvalidJob.not_read")
        return {local(each): (each.text or "").strip() for each in root}

    # --- the answer ----------------------------------------------------------------------------

    def send(self, body: str | bytes, media: str, status: int = 200, *, more: Sequence[tuple[str, str]] = ()) -> Answer:
        """*body* as it is, under the media type *media*."""
        request_id = self.org.ids.hex(32)
        headers = [
            ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Robots-Tag", "none"),
            ("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private"),
            ("Server", "sfdcedge"),
            ("X-SFDC-Request-Id", request_id),
            ("X-Request-Id", request_id),
            ("Content-Type", media),
            *more,
        ]
        return Answer(body if isinstance(body, bytes) else body.encode(errors="replace"), status, headers)

    def send_json(self, value: Any, status: int = 200, *, more: Sequence[tuple[str, str]] = ()) -> Answer:
        """*value* as JSON, pretty when the client asks for it."""
        pretty = self.environ.get("HTTP_X_PRETTYPRINT") in PRETTY
        text = jsontext.pretty(value) if pretty else jsontext.compact(value)
        return self.send(text, "application/json", status, more=more)

    def info(self, name: str, values: Values, status: int = 200, *, location: str | None = None) -> Answer:
        """A jobInfo or batchInfo. *values* are in the order of the XML; JSON has them by name."""
        more = [] if location is None else [("Location", location)]
        if self.as_json:
            return self.send_json(as_json(values), status, more=more)
        return self.send(f"{HEAD}{_element(name, values)}", "application/xml", status, more=more)

    def infos(self, name: str, each: str, all_values: Sequence[Values]) -> Answer:
        """A list of them, below the element *name*."""
        if self.as_json:
            return self.send_json({each: [as_json(values) for values in all_values]})
        if not all_values:
            return self.send(f'{HEAD}<{name}\n   xmlns="{NAMESPACE}" />', "application/xml")
        inner = "\n".join(_inner(each, values, " ") for values in all_values)
        return self.send(f'{HEAD}<{name}\n   xmlns="{NAMESPACE}">\n{inner}\n</{name}>', "application/xml")

    def refusal(self, error: FakeError, *, more: Sequence[tuple[str, str]] = ()) -> Answer:
        """The vendor's answer for *error*. What is not faked stays 501; a code of the REST API keeps its code."""
        if isinstance(error, NotFaked):
            error = salesforce_error("NOT_FAKED", what=error.feature, why="SOQL")
        if not isinstance(error, SalesforceError):
            raise error
        values = {"exceptionCode": error.code, "exceptionMessage": error.message}
        if self.as_json:
            return self.send_json(values, error.status, more=more)
        return self.send(f"{HEAD}{_element('error', values)}", "application/xml", error.status, more=more)


def fault_answer(environ: WSGIEnvironment, error: SalesforceError) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of *error* for a request that the wire answers in the vendor's place."""
    values = {"exceptionCode": error.code, "exceptionMessage": error.message}
    if "json" in str(environ.get("CONTENT_TYPE") or ""):
        return [("Content-Type", "application/json")], jsontext.compact(values).encode()
    return [("Content-Type", "application/xml")], f"{HEAD}{_element('error', values)}".encode()


def bind(org: Org, view: View) -> View:
    """*view* as a Flask view function: `view(call, **path)` behind session, limit and version."""

    def endpoint(**path: str) -> Answer:
        from flask import request

        call = AsyncCall(org, request.environ)
        try:
            call.enter(path.pop("version"))
            return view(call, **path)
        except (VendorError, NotFaked) as error:
            return call.refusal(error)

    return endpoint


def as_json(values: Values) -> dict[str, Any]:
    """An info as JSON has it: keys in alphabetical order, dates with +0000."""
    return {key: _json_value(key, values[key]) for key in sorted(values)}


def _json_value(key: str, value: Any) -> Any:
    return f"{value[:-1]}+0000" if key in {"createdDate", "systemModstamp"} else value


def _element(name: str, values: Values) -> str:
    lines = "".join(f" {_leaf(key, value)}\n" for key, value in values.items() if value is not None)
    return f'<{name}\n   xmlns="{NAMESPACE}">\n{lines}</{name}>'


def _inner(name: str, values: Values, indent: str) -> str:
    lines = "".join(f"{indent} {_leaf(key, value)}\n" for key, value in values.items() if value is not None)
    return f"{indent}<{name}>\n{lines}{indent}</{name}>"


def _leaf(key: str, value: Any) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else escape(sayable(str(value)))
    return f"<{key}>{text}</{key}>"

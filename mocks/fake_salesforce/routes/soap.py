"""SOAP over HTTP: the partner API at /services/Soap/u/NN.0, the enterprise API at /services/Soap/c/NN.0.

Rule 1: every URL in an answer keeps the scheme and host the client used.
Rule 2: answers use default-namespace elements: clients read them by tag name or by regular expression.
Rule 3: a fault is HTTP 500; what the vendor has and this fake has not is the fault NOT_FAKED with 501.
Rule 4: the session of the SessionHeader, and the headers that say how rows are saved, become the headers of a REST
call: rights, limits and save options are those of REST.
Source: simple-salesforce and jsforce (what they send and read); answers recorded by WWW::Salesforce; SOAP API
Developer Guide, SOAP Headers.
"""

from __future__ import annotations

from typing import Any

from fake_core.errors import VendorError
from fake_salesforce import data_files
from fake_salesforce.errors import SalesforceError
from fake_salesforce.operations import access, login
from fake_salesforce.operations.login import SoapRefused
from fake_salesforce.operations.soap import calls, rare, saves
from fake_salesforce.operations.soap.calls import Context
from fake_salesforce.operations.soap.envelope import Envelope, read
from fake_salesforce.operations.soap.faults import Fault, Faulted, fault, of_error
from fake_salesforce.operations.soap.xml import tag
from fake_salesforce.routes.answers import Answer, Headers, read_body
from fake_salesforce.routes.http import RESULT_CACHE, VERSION_MAX, Call, host_of
from fake_salesforce.routes.sobjects import caller
from fake_salesforce.soql.errors import NotFaked

KINDS = {"u": "partner", "c": "enterprise"}
OPERATIONS = {**calls.OPERATIONS, **saves.OPERATIONS, **rare.OPERATIONS}
_VERSIONS = frozenset(f"{number}.0" for number in range(7, VERSION_MAX + 1))
LOGIN_BYTES_MAX = 1_048_576  # a log-in is a few hundred bytes


def soap(call: Call, api: str, version: str, rest: str = "") -> Answer:
    """POST /services/Soap/u/NN.0 (partner) and /services/Soap/c/NN.0 (enterprise)"""
    del rest  # an org id may follow the version
    kind = KINDS[api]
    try:
        envelope = _envelope(call)
        if version not in _VERSIONS:
            raise fault("UNSUPPORTED_API_VERSION", version=version)
        if envelope.operation == "login":
            return _answer(call, kind, "login", _log_in(call, envelope, api, version))
        return _called(call, envelope, kind, version)
    except Faulted as faulted:
        return _fault(faulted.fault, kind)
    except (VendorError, NotFaked) as error:
        return _fault(of_error(error), kind)


def _envelope(call: Call) -> Envelope:
    try:
        body = read_body(call.environ)
    except SalesforceError as error:
        if error.code != "REQUEST_TOO_LARGE":
            raise SoapRefused("XML_PARSER_ERROR", why=error.message) from error
        raise fault("EXCEEDED_MAX_SIZE_REQUEST") from error
    envelope = read(body)
    if envelope.operation == "login" and len(body) > LOGIN_BYTES_MAX:
        raise SoapRefused("XML_PARSER_ERROR", why="too large")
    return envelope


def _called(call: Call, envelope: Envelope, kind: str, version: str) -> Answer:
    name = envelope.operation
    operation = OPERATIONS.get(name)
    why = data_files.load("soap.toml")["not_faked"].get(name)
    if operation is None and why is None:
        raise fault("UNKNOWN_OPERATION", element=f"{{urn:{kind}.soap.sforce.com}}{name}", bare=True)
    inside = _enter(call, envelope, name)
    if operation is None:
        raise fault("NOT_FAKED", status=501, what=name, why=why)
    # REST starts later than SOAP: a version that REST never had is served as its first.
    inside.number = int(version.partition(".")[0])
    inside.version = version
    context = Context(inside.org, caller(inside), envelope, kind, version, call.base_url, inside.token)
    return _answer(inside, kind, name, operation(context))


def _enter(call: Call, envelope: Envelope, name: str) -> Call:
    """The call with its caller, counted; raises the errors of REST, and ends where they do."""
    token = "".join((envelope.header("SessionHeader", "sessionId") or "").split())
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token or 'none'}", "HTTP_ACCEPT": "*/*", **_save_headers(envelope)}
    inside = Call(call.org, {**call.environ, **headers})
    inside.now = call.now
    session = call.org.sessions.use(token, call.now)
    if session is not None and session.password_due and name in calls.WITHOUT_PASSWORD:
        inside.session_user, inside.token = session.user_id, session.token
        inside.org = access.enter(call.org, session.user_id)
        return inside
    inside.open(None)
    return inside


def _save_headers(envelope: Envelope) -> dict[str, str]:
    """The SOAP headers of a save as the headers that REST has for them."""
    found: dict[str, str] = {}
    rule = envelope.header("AssignmentRuleHeader", "assignmentRuleId")
    default = envelope.header("AssignmentRuleHeader", "useDefaultRule")
    # Without the header SOAP runs no assignment rule; REST runs the active one.
    found["HTTP_SFORCE_AUTO_ASSIGN"] = rule or ("true" if default == "true" else "false")
    duplicates = envelope.headers.get("DuplicateRuleHeader")
    if duplicates:
        words = "; ".join(f"{key}={one}" for key, one in duplicates.items())
        found["HTTP_SFORCE_DUPLICATE_RULE_HEADER"] = words
    return found


def _log_in(call: Call, envelope: Envelope, api: str, version: str) -> str:
    session, user = login.soap_login(
        call.org,
        username=envelope.text("username"),
        secret=next((one.text or "" for one in envelope.elements("password")), ""),
        host=host_of(call.base_url),
        organization=envelope.header("LoginScopeHeader", "organizationId"),
    )
    try:
        access.refuse_without_api(access.enter(call.org, session.user_id))
    except SalesforceError:
        call.org.sessions.end(session.token)
        raise
    org, base = call.org, call.base_url
    words: dict[str, Any] = {
        "metadataServerUrl": f"{base}/services/Soap/m/{version}/{org.org_id}",
        "passwordExpired": session.password_due,
        "sandbox": org.config.sandbox,
        "serverUrl": f"{base}/services/Soap/{api}/{version}/{org.org_id}",
        "sessionId": session.token,
        "userId": user["Id"],
    }
    told = "".join(tag(key, one) for key, one in words.items())
    return f"<result>{told}<userInfo>{calls.user_info(org, user)}</userInfo></result>"


# --- answering --------------------------------------------------------------------------------------


def _answer(call: Call, kind: str, name: str, inner: str) -> Answer:
    limits = ""
    if call.session_user:
        window = call.org.api_requests
        counts = tag("current", window.used()) + tag("limit", window.limit) + tag("type", "API REQUESTS")
        limits = f"<soapenv:Header><LimitInfoHeader><limitInfo>{counts}</limitInfo></LimitInfoHeader></soapenv:Header>"
    body = f"<{name}Response>{inner}</{name}Response>" if inner else f"<{name}Response/>"
    text = (
        f'{_HEAD} xmlns="urn:{kind}.soap.sforce.com" xmlns:xsi="{_XSI}" xmlns:xsd="{_XSD}"'
        f' xmlns:sf="urn:sobject.{kind}.soap.sforce.com">{limits}<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>'
    )
    return _xml(text, 200)


def _fault(fault: Fault, kind: str) -> Answer:
    return _xml(fault_text(fault, kind), fault.status)


def fault_text(fault: Fault, kind: str) -> str:
    """The envelope of a fault."""
    return (
        f'{_HEAD} xmlns:sf="urn:fault.{kind}.soap.sforce.com" xmlns:xsi="{_XSI}">'
        f"<soapenv:Body>{fault.body()}</soapenv:Body></soapenv:Envelope>"
    )


def fault_answer(path: str, error: SalesforceError | SoapRefused) -> tuple[int, Headers, bytes]:
    """Status, headers and body of *error* as a SOAP fault at *path*; what the server itself says keeps its status."""
    fault = of_error(error)
    kind = KINDS["c" if path.startswith("/services/Soap/c/") else "u"]
    status = error.status if isinstance(error, SalesforceError) and error.status >= 500 else fault.status
    return status, [("Content-Type", MEDIA)], fault_text(fault, kind).encode()


def _xml(text: str, status: int) -> Answer:
    headers = [("Content-Type", MEDIA), ("Cache-Control", RESULT_CACHE)]
    return Answer(text.encode(errors="replace"), status, headers)


MEDIA = "text/xml;charset=UTF-8"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
)
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XSD = "http://www.w3.org/2001/XMLSchema"

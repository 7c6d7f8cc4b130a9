"""What a request means, told from its bytes: the address by which faults and the journal name it.

Rule 1: this looks at method, path, query and body only; it never touches the org.
Rule 2: a call on several rows is named by the object of its first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from fake_core.fake import BODY_KEY, Meaning

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_DATA = re.compile(r"/services/data/v[^/]+/(.*)")
_ROW_VERBS = {"GET": "read", "HEAD": "read", "POST": "create", "PATCH": "update", "DELETE": "delete"}
_FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)
_PARENTHESIS = re.compile(r"([()])")
_LOGIN = ("/services/oauth2/token",)
_SOAP = ("/services/Soap/u", "/services/Soap/c")
_SOAP_CALL = re.compile(rb"<(?:[\w.-]+:)?Body\b[^<>]*>\s*<(?:[\w.-]+:)?(\w+)")
_SOAP_TYPE = re.compile(
    rb"<(?:[\w.-]+:)?(?:sObjectType|type)\b[^<>]*>\s*(\w+)"  # in an element, as the partner API has it
    rb"|\btype=[\"'](?:[\w.-]+:)?(?!sObject\b)(\w+)"  # in xsi:type, as the enterprise API has it
)
_SOAP_ID = re.compile(rb"<(?:[\w.-]+:)?ids\b[^<>]*>\s*(\w{3})")
_SOAP_VERBS = {
    "login": "login",
    "create": "create",
    "update": "update",
    "upsert": "upsert",
    "delete": "delete",
    "retrieve": "read",
    "query": "query",
    "queryAll": "query",
    "queryMore": "query",
    "search": "search",
    "describeGlobal": "describe",
    "describeSObject": "describe",
    "describeSObjects": "describe",
    "getUpdated": "list",
    "getDeleted": "list",
}
_JOB_OBJECT = re.compile(rb'<object>\s*(\w+)|"object"\s*:\s*"(\w+)')
_OTHER = Meaning("other", "")
_PREFIXES = {
    "001": "Account",
    "003": "Contact",
    "005": "User",
    "006": "Opportunity",
    "00Q": "Lead",
    "00T": "Task",
    "00U": "Event",
    "500": "Case",
    "701": "Campaign",
}


def meaning(environ: WSGIEnvironment) -> Meaning:
    """The verb and the object of a request; ("other", "") where no verb fits."""
    path: str = environ["PATH_INFO"].rstrip("/")
    if path.startswith(_LOGIN):
        return Meaning("login", "")
    if path.startswith(_SOAP):
        return _soap(environ.get(BODY_KEY) or b"")
    if path.startswith("/services/async/"):
        return _bulk_one(environ, path)
    match = _DATA.fullmatch(path)
    if match is None:
        return _OTHER
    parts = match[1].split("/")
    reader = _READERS.get(parts[0])
    return reader(environ, parts) if reader is not None else _OTHER


def _soap(body: bytes) -> Meaning:
    """A SOAP call, told by the first element of its Body."""
    found = _SOAP_CALL.search(body)
    if found is None:
        return Meaning("login", "")  # what cannot be read is most likely a log-in; the fake says what is wrong
    verb = _SOAP_VERBS.get(found[1].decode(), "other")
    after = body[found.end() :]
    if verb == "query":
        return Meaning(verb, _from(after.decode(errors="replace")))
    kind = _SOAP_TYPE.search(after)
    if kind is not None:
        return Meaning(verb, _own_spelling((kind[1] or kind[2]).decode()))
    first = _SOAP_ID.search(after)
    return Meaning(verb, _PREFIXES.get(first[1].decode(), "") if first is not None else "")


def _bulk_one(environ: WSGIEnvironment, path: str) -> Meaning:
    """Bulk API 1.0: only the request that makes a job names an object."""
    if not path.endswith("/job"):
        return Meaning("bulk", "")
    found = _JOB_OBJECT.search(environ.get(BODY_KEY) or b"")
    return Meaning("bulk", _own_spelling((found[1] or found[2]).decode()) if found else "")


def _sobjects(environ: WSGIEnvironment, parts: list[str]) -> Meaning:
    method = effective_method(environ)
    if len(parts) == 1:
        return Meaning("describe", "")
    sobject = _own_spelling(parts[1])
    if len(parts) == 2:
        return Meaning("create" if method == "POST" else "describe", sobject)
    last = parts[2].lower()
    if last in _RESOURCES and len(parts) == 3:
        return Meaning(_RESOURCES[last], sobject)
    if last == "listviews":
        return Meaning("query" if parts[-1] == "results" else "describe", sobject)
    if last == "describe":
        return Meaning("describe", sobject)
    if method == "PATCH" and len(parts) > 3:
        return Meaning("upsert", sobject)
    return Meaning(_ROW_VERBS.get(method, "other"), sobject)


_RESOURCES = {"describe": "describe", "updated": "list", "deleted": "list"}


def _query(environ: WSGIEnvironment, parts: list[str]) -> Meaning:
    del parts
    soql = parse_qs(environ.get("QUERY_STRING", "")).get("q", [""])[0]
    return Meaning("query", _from(soql))


def _from(soql: str) -> str:
    """The object of the outermost FROM: sub-queries stand in parentheses."""
    depth, outer = 0, []
    for part in _PARENTHESIS.split(soql):
        depth += (part == "(") - (part == ")")
        if depth == 0:
            outer.append(part)
    found = _FROM.search("".join(outer))
    return _own_spelling(found[1]) if found else ""


def _composite(environ: WSGIEnvironment, parts: list[str]) -> Meaning:
    body = _json(environ)
    method = effective_method(environ)
    if len(parts) > 1 and parts[1] == "sobjects":
        sobject = parts[2] if len(parts) > 2 else _first_type(environ, body)
        verb = "upsert" if method == "PATCH" and len(parts) > 3 else _ROW_VERBS.get(method, "other")
        if method == "POST" and len(parts) > 2:
            verb = "read"  # a long list of ids to retrieve
        return Meaning(verb, _own_spelling(sobject))
    if len(parts) > 2 and parts[1] == "tree":
        return Meaning(_ROW_VERBS[method] if method == "POST" else "other", _own_spelling(parts[2]))
    if method != "POST" or not isinstance(body, dict):
        return _OTHER
    graphs = body.get("graphs")
    if isinstance(graphs, list) and graphs and isinstance(graphs[0], dict):
        return _of_subrequest(graphs[0].get("compositeRequest"))
    return _of_subrequest(body.get("compositeRequest") or body.get("batchRequests"))


def _of_subrequest(requests: Any) -> Meaning:
    first = requests[0] if isinstance(requests, list) and requests else None
    if not isinstance(first, dict):
        return _OTHER
    path, _, query = str(first.get("url", "")).partition("?")
    if not path.startswith("/services/data/"):
        path = f"/services/data/{path.lstrip('/')}"
    body = first.get("body", first.get("richInput"))
    return meaning(
        {
            "REQUEST_METHOD": str(first.get("method", "GET")),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            BODY_KEY: json.dumps(body).encode(),
        }
    )


def _jobs(environ: WSGIEnvironment, parts: list[str]) -> Meaning:
    """Every call about a job is "bulk"; only the one that makes it says for which object."""
    body = _json(environ) if len(parts) == 2 and effective_method(environ) == "POST" else None
    if not isinstance(body, dict):
        return Meaning("bulk", "")
    if parts[1] == "query":
        return Meaning("bulk", _from(str(body.get("query", ""))))
    return Meaning("bulk", _own_spelling(str(body.get("object", ""))))


def _first_type(environ: WSGIEnvironment, body: Any) -> str:
    ids = parse_qs(environ.get("QUERY_STRING", "")).get("ids")
    if ids:
        return _PREFIXES.get(ids[0][:3], "")
    records = body.get("records") if isinstance(body, dict) else None
    first = records[0] if isinstance(records, list) and records else None
    attributes = first.get("attributes") if isinstance(first, dict) else None
    found = attributes.get("type") if isinstance(attributes, dict) else None
    return found if isinstance(found, str) else ""


def _json(environ: WSGIEnvironment) -> Any:
    try:
        return json.loads(environ.get(BODY_KEY) or b"null")
    except (ValueError, RecursionError):
        return None


def _own_spelling(name: str) -> str:
    """Standard objects in the describe's spelling, whatever the client wrote."""
    return _SPELLINGS.get(name.lower(), name)


_SPELLINGS = {name.lower(): name for name in _PREFIXES.values()}

_Reader = Callable[["WSGIEnvironment", list[str]], Meaning]
_READERS: dict[str, _Reader] = {
    "sobjects": _sobjects,
    "query": _query,
    "queryAll": _query,
    "composite": _composite,
    "limits": lambda _environ, _parts: Meaning("limits", ""),
    "compactLayouts": lambda _environ, _parts: Meaning("describe", ""),
    "search": lambda _environ, _parts: Meaning("search", ""),
    "parameterizedSearch": lambda _environ, _parts: Meaning("search", ""),
    "jobs": _jobs,
}


def effective_method(environ: WSGIEnvironment) -> str:
    """The method, or the one that `_HttpMethod=` puts in the place of POST; name and value are case-sensitive."""
    method: str = environ["REQUEST_METHOD"]
    query = environ.get("QUERY_STRING", "")
    if method == "POST" and "_HttpMethod=" in query:
        named = parse_qs(query).get("_HttpMethod", [method])[0]
        method = named if named in _OVERRIDES else method
    return method


_OVERRIDES = frozenset({"DELETE", "GET", "HEAD", "PATCH", "PUT"})  # another value leaves the POST as it is (assumed)

"""The XML form of requests and answers, for a client that asks for it.

Rule 1: an answer is XML when the Accept header prefers it to JSON, or the path ends in `.xml`.
Rule 2: the root's name is a row of `data/xml.toml`; a row's is its object, an error list's is Errors.
Rule 3: a resource that the vendor documents with JSON alone answers JSON, and takes no XML.
Source: REST API Developer Guide, Support for JSON and XML; names with their sources in the data file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fake_salesforce.data_files import load
from fake_salesforce.errors import salesforce_error
from fake_salesforce.routes.answers import PRETTY, Answer, read_body
from fake_salesforce.wire import xmltext

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from fake_salesforce.routes.http import Call

_XML_MEDIA = re.compile(r"(?:application|text)/xml\s*(?:;.*)?", re.IGNORECASE)
CONTENT_TYPE = ("Content-Type", "application/xml;charset=UTF-8")
_OBJECT = re.compile(r"/services/data/v[^/]+/(?:sobjects|composite/tree|composite/sobjects)/([^/]+)")


def is_xml(media: str) -> bool:
    """A Content-Type that says XML."""
    return _XML_MEDIA.fullmatch(media) is not None


def is_wanted(accept: str) -> bool:
    """XML is what *accept* prefers: JSON is the default, and what a client gets that takes anything."""
    best = {"xml": 0.0, "json": 0.0}
    for part in accept.split(","):
        media, *options = (word.strip().lower() for word in part.split(";"))
        weight = 1.0
        for option in options:
            if option.startswith("q="):
                weight = _number(option[2:])
        kind = "xml" if is_xml(media) else "json" if media in {"application/json", "*/*", "application/*"} else ""
        if kind:
            best[kind] = max(best[kind], weight)
    return best["xml"] > best["json"]


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def body(environ: WSGIEnvironment) -> Any:
    """The value of an XML body; raises UNSUPPORTED_MEDIA_TYPE or XML_PARSER_ERROR."""
    if _operation() in _table()["json_only"]:
        raise salesforce_error("UNSUPPORTED_MEDIA_TYPE", media=environ.get("CONTENT_TYPE", "").split(";")[0].strip())
    text = read_body(environ)
    if not text.strip():
        raise salesforce_error("JSON_PARSER_ERROR.no_body")
    try:
        return xmltext.parse(text)
    except xmltext.NotXml as error:
        raise salesforce_error("XML_PARSER_ERROR", text=error.message) from error


def answer(
    call: Call, value: Any, status: int, *, location: str | None, more: Sequence[tuple[str, str]], pretty: bool
) -> Answer:
    """*value* as the XML answer of *call*, or as JSON where the resource has no XML."""
    name = _operation()
    if name in _table()["json_only"]:
        call.xml = False
        return call.json(value, status, location=location, more=more, pretty=pretty)
    row = _table()["root"].get(name, {})
    if status >= 400 and isinstance(value, list):
        root, item = "Errors", "Error"
    else:
        root, item = _root(call, row, value), row.get("item", "Result")
    indented = pretty and call.environ.get("HTTP_X_PRETTYPRINT") in PRETTY
    text = xmltext.write(value, root, item=item, wrap=row.get("wrap"), pretty=indented)
    headers = [*call.headers(), CONTENT_TYPE, ("Vary", "Accept-Encoding"), *more]
    if location is not None:
        headers.append(("Location", location))
    return Answer(text.encode(), status, headers)


def _root(call: Call, row: Mapping[str, Any], value: Any) -> str:
    name: str = row.get("name", "Results" if isinstance(value, list) else "Result")
    if name != "{sobject}":
        return name
    found = _OBJECT.match(call.environ["PATH_INFO"])
    sobject = call.org.schema.sobject(found[1]) if found else None
    return sobject.name if sobject is not None else "Result"


def _table() -> Mapping[str, Any]:
    return load("xml.toml")


def _operation() -> str:
    """The operation id of the request that Flask is at."""
    from flask import request

    return request.endpoint or ""

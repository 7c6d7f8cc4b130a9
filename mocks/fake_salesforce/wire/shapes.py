"""How each of the vendor's APIs refuses a call that somebody answers in its place, by the name of its shape.

A shape takes the call, the key of the refusal and the operation it meant, and gives status, headers and body. Which API
has which shape, and which refusal a fault is there: `data/faults.toml`.
Source: the routes of each API, which refuse in the same shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fake_core.errors import MisuseError
from fake_core.fake import BODY_KEY
from fake_salesforce.data_files import load
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations.login import SoapRefused
from fake_salesforce.operations.oauth.refused import OAuthRefused
from fake_salesforce.routes import bulk1_wire, identity, oauth, oauth_pages, soap, streaming, xml
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import JSON_TYPE, Call
from fake_salesforce.wire import jsontext, xmltext
from fake_salesforce.wire.meaning import meaning

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Headers = list[tuple[str, str]]
Refusal = tuple[int, Headers, bytes]
Shape = Callable[[Call, str, str], Refusal]
_ERROR_ID = "1234567890-12345 (-123456789)"


def _rest(call: Call, key: str, operation: str) -> Refusal:
    """A list of one, in JSON or XML."""
    error = _error(key)
    as_xml = call.xml or call.environ["PATH_INFO"].endswith(".xml")
    if as_xml and operation not in load("xml.toml")["json_only"]:
        text = xmltext.write([error.as_item()], "Errors", item="Error")
        headers = [xml.CONTENT_TYPE]
    else:
        text = jsontext.compact([error.as_item()])
        headers = [("Content-Type", JSON_TYPE)]
    if error.status == 401:
        headers.append(("WWW-Authenticate", "Token"))
    elif error.key == "REQUEST_LIMIT_EXCEEDED":
        window = call.org.api_requests
        headers.append(("Sforce-Limit-Info", f"api-usage={window.limit}/{window.limit}"))
    return error.status, headers, text.encode()


def _oauth(call: Call, key: str, _operation: str) -> Refusal:
    """An object with error and error_description, in the form that the call asks for."""
    return _of(oauth.refusal(call, OAuthRefused(key), call.environ.get(BODY_KEY) or b""))


def _soap(call: Call, key: str, _operation: str) -> Refusal:
    """A SOAP fault."""
    error = SoapRefused(key) if key.startswith("LOGIN_") else _error(key)
    return soap.fault_answer(call.environ["PATH_INFO"], error)


def _async(call: Call, key: str, _operation: str) -> Refusal:
    """One exceptionCode and one exceptionMessage, in XML or JSON."""
    error = _error(key)
    return error.status, *bulk1_wire.fault_answer(call.environ, error)


def _bayeux(call: Call, key: str, operation: str) -> Refusal:
    """Messages that failed; what is no message is answered as by REST."""
    words = _words("bayeux", key)
    answer = streaming.denied(
        call.environ.get(BODY_KEY) or b"",
        status=words["status"],
        error=words["error"],
        why=words["error"],
        reconnect=words["reconnect"],
    )
    if answer is None:
        return _rest(call, load("faults.toml")["api"]["rest"][key], operation)
    return _of(answer)


def _plain(_call: Call, key: str, _operation: str) -> Refusal:
    """Plain text."""
    words = _words("plain", key)
    return _of(identity.plain(words["text"], words["status"]))


def _page(_call: Call, key: str, _operation: str) -> Refusal:
    """A page for a person."""
    words = _words("page", key)
    return _of(oauth_pages.error_page(words["text"], words["status"]))


SHAPES: Mapping[str, Shape] = {
    "rest": _rest,
    "oauth": _oauth,
    "soap": _soap,
    "async": _async,
    "bayeux": _bayeux,
    "plain": _plain,
    "page": _page,
}


def api_of(environ: WSGIEnvironment) -> Mapping[str, Any]:
    """The row of `data/faults.toml` of the API that is called."""
    path: str = environ["PATH_INFO"]
    apis: Mapping[str, Mapping[str, Any]] = load("faults.toml")["api"]
    if path.startswith("/services/Soap/") and meaning(environ).verb == "login":
        return apis["soap_login"]
    return next(row for row in apis.values() if path in row.get("exact", ()) or path.startswith(_begins(row)))


def _begins(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row.get("paths", ()))


def answered(call: Call, effect: str, operation: str) -> Refusal:
    """*call* answered in the place of its API with *effect*, a kind of fault or what a delay ends in.

    Raises MisuseError where the API is not known to answer so.
    """
    api = api_of(call.environ)
    if effect not in api:
        raise MisuseError(f"{effect}: {api['title']} is not known to answer so: {api['never'][effect]}")
    return SHAPES[api["shape"]](call, api[effect], operation)


def _error(key: str) -> SalesforceError:
    return salesforce_error(key, error_id=_ERROR_ID)


def _words(shape: str, key: str) -> Mapping[str, Any]:
    words: Mapping[str, Any] = load("faults.toml")["words"][shape][key]
    return words


def _of(answer: Answer) -> Refusal:
    return answer.status_code, answer.header_list, answer.body

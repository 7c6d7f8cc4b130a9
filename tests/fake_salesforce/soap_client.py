"""A client of the SOAP API that writes its envelopes by hand, and what a test reads of the answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from .conftest import Answer, Caller

__all__ = ["PARTNER", "Soap", "code", "envelope", "one", "query", "result", "soap", "sobject"]

PARTNER = "/services/Soap/u/60.0"
Soap = Callable[..., Answer]
HEAD = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:urn="urn:partner.soap.sforce.com" xmlns:ns="urn:sobject.partner.soap.sforce.com"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)


def envelope(token: str, inner: str, header: str = "") -> bytes:
    session = f"<urn:SessionHeader><urn:sessionId>{token}</urn:sessionId></urn:SessionHeader>"
    body = f"<soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>"
    return f"{HEAD}<soapenv:Header>{session}{header}</soapenv:Header>{body}".encode()


@pytest.fixture
def soap(org: Caller) -> Soap:
    """A call of the administrator: `soap("<urn:query>…", path, header)`."""

    def call(inner: str, path: str = PARTNER, header: str = "") -> Answer:
        return Caller(org.fake).post(
            path, data=envelope(org.token, inner, header), headers={"Content-Type": "text/xml", "SOAPAction": '""'}
        )

    return call


def result(answer: Answer, status: int = 200) -> str:
    """What stands in the Body."""
    assert (status, "text/xml;charset=UTF-8") == (answer.status, answer.headers["content-type"]), answer.text
    found = re.search(r"<soapenv:Body>(.*)</soapenv:Body>", answer.text, re.DOTALL)
    assert found is not None
    return found[1]


def one(text: str, name: str) -> str:
    """The text of the only element of that name."""
    (found,) = re.findall(f"<{name}(?: [^>]*)?>([^<]*)</{name}>", text)
    return unescape(found)


def code(answer: Answer, status: int = 500) -> tuple[str, str]:
    """The code and message of a fault, which stand in it twice."""
    text = result(answer, status)
    shown = one(text, "sf:exceptionCode"), one(text, "sf:exceptionMessage")
    assert f"sf:{shown[0]}" == one(text, "faultcode")
    assert ": ".join(shown) == one(text, "faultstring")
    return shown


def sobject(kind: str, **fields: str) -> str:
    inner = "".join(f"<ns:{key}>{value}</ns:{key}>" for key, value in fields.items())
    return f"<urn:sObjects><ns:type>{kind}</ns:type>{inner}</urn:sObjects>"


def query(text: str) -> str:
    return f"<urn:query><urn:queryString>{text}</urn:queryString></urn:query>"

"""Reading SOAP: the envelope, its headers, and records in its body.

Rule 1: names count without their namespace prefix; clients choose prefixes freely.
Rule 2: a document type, an entity or broken XML is a fault before anything is looked at.
Rule 3: a field is set to null by `fieldsToNull`; an element that is nil is as if it were not there.
Source: SOAP API Developer Guide, sObject and fieldsToNull; what simple-salesforce and jsforce send.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from fake_salesforce.operations.login import SoapRefused

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
NESTING_MAX = 3  # a record, its parent by external id, and no more than one beyond


@dataclass(frozen=True, slots=True)
class Envelope:
    """One call: its name, its element, and the words of each SOAP header by the header's name."""

    operation: str
    element: Element
    headers: Mapping[str, Mapping[str, str]]

    def header(self, name: str, word: str) -> str | None:
        """A word of a header, as `("QueryOptions", "batchSize")`; None without it."""
        return self.headers.get(name, {}).get(word)

    def text(self, name: str) -> str:
        """The text of the first argument of that name, "" without one."""
        return next(self.texts(name), "")

    def texts(self, name: str) -> Iterator[str]:
        """The texts of all arguments of that name, in order."""
        return ((one.text or "").strip() for one in self.element if local(one) == name)

    def elements(self, *names: str) -> list[Element]:
        """The arguments of these names, in order."""
        return [one for one in self.element if local(one) in names]


def read(body: bytes) -> Envelope:
    """The call that *body* holds; raises SoapRefused."""
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise SoapRefused("XML_PARSER_ERROR", why=str(error)) from error
    parts = {local(one): one for one in root}
    call = next(iter(parts["Body"]), None) if "Body" in parts else None
    if local(root) != "Envelope" or call is None:
        raise SoapRefused("XML_PARSER_ERROR", why="no Body in an Envelope")
    headers = {local(one): {local(word): (word.text or "").strip() for word in one} for one in parts.get("Header", ())}
    return Envelope(local(call), call, headers)


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def record(element: Element, depth: int = 0) -> dict[str, Any]:
    """A record as the JSON resources take it: `{"attributes": {"type"}, …}`; raises SoapRefused for too deep a nest."""
    if depth > NESTING_MAX:
        raise SoapRefused("XML_PARSER_ERROR", why="records inside records inside records")
    sobject = element.get(f"{_XSI}type", "").rpartition(":")[2]
    fields: dict[str, Any] = {}
    for one in element:
        name, text = local(one), one.text or ""
        if name == "type" and not len(one):
            sobject = text.strip()
        elif name == "fieldsToNull":
            if text.strip():
                fields[text.strip()] = None
        elif one.get(f"{_XSI}nil") in {"true", "1"}:
            continue
        elif len(one):
            fields[name] = record(one, depth + 1)
        elif name.lower() == "id":
            fields["Id"] = text.strip()
        else:
            fields[name] = text
    known = {"attributes": {"type": sobject}} if sobject and sobject != "sObject" else {}
    return {**known, **fields}

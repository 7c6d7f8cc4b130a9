"""A batch's bytes as rows for `apply_rows`: column name -> value, in JSON and in XML.

Rule 1: a field that a record does not hold stays as it is; a JSON null and `xsi:nil="true"` clear it. An XML element
without text is as good as absent.
Rule 2: a parent named by an external id stands as a nested record; it becomes the column `Parent.Field`, or
`Parent:Type.Field` where the record says its type, which is how CSV writes it in its header.
Rule 3: XML is read without a document type: no entities, no files, nothing from outside.
Source: Bulk API Developer Guide, Valid XML and JSON Records, Relationship Fields in Records; the texts of refusals are
like those for CSV that clients quote (assumed).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from fake_salesforce.errors import salesforce_error
from fake_salesforce.wire import jsontext

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"

Row = Mapping[str, Any]


def from_json(body: bytes) -> Iterator[Row]:
    """The rows of a JSON list of records; raises InvalidBatch for anything else."""
    try:
        found = jsontext.parse(body)
    except jsontext.NotJson as error:
        raise salesforce_error("InvalidBatch.not_json", text=error.message) from error
    if not isinstance(found, list):
        raise salesforce_error("InvalidBatch.not_json", text="Array expected")
    return _json_rows(found)


def _json_rows(found: list[Any]) -> Iterator[Row]:
    for record in found:
        if not isinstance(record, dict):
            raise salesforce_error("InvalidBatch.not_json", text="Object expected")
        yield _json_row(record)


def _json_row(record: Mapping[str, Any]) -> Row:
    row: dict[str, Any] = {}
    for key, value in record.items():
        if key == "attributes":
            continue
        if isinstance(value, dict):
            row.update(_parent(key, value))
        else:
            row[key] = value
    return row


def _parent(name: str, record: Mapping[str, Any]) -> Row:
    """The columns of a nested record: its type, when it says one, is no column."""
    attributes = record.get("attributes")
    kind = attributes.get("type") if isinstance(attributes, dict) else record.get("type")
    stem = f"{name}:{kind}" if isinstance(kind, str) else name
    return {f"{stem}.{key}": value for key, value in record.items() if key not in {"attributes", "type"}}


def from_xml(body: bytes) -> Iterator[Row]:
    """The rows of `<sObjects>`; raises InvalidBatch for anything else."""
    root = parse_xml(body, "InvalidBatch.not_xml")
    if local(root) != "sObjects":
        raise salesforce_error("InvalidBatch.not_xml", text=f"unexpected element {local(root)}")
    return (_xml_row(record) for record in root)


def _xml_row(record: Element) -> Row:
    row: dict[str, Any] = {}
    for element in record:
        name = local(element)
        if element.get(NIL) == "true":
            row[name] = None
        elif len(element):
            nested = element[0] if local(element[0]) == "sObject" else element
            row.update(_parent(name, {local(each): each.text or "" for each in nested}))
        elif name not in {"type", "attributes"} and (text := element.text):
            row[name] = text
    return row


def parse_xml(body: bytes, refusal: str) -> Element:
    """The root of an XML document from outside; raises the error *refusal*, which takes the word `text`."""
    try:
        # forbid_dtd: no document type at all, so neither entities nor a way to name a file or a host
        root: Element = ElementTree.fromstring(body.strip(), forbid_dtd=True)
    except ParseError as error:
        raise salesforce_error(refusal, text=str(error)) from error
    except (DefusedXmlException, LookupError, ValueError) as error:  # a document type; an encoding nobody knows
        raise salesforce_error(refusal, text="Processing of the document type or encoding is not allowed") from error
    return root


def local(element: Element) -> str:
    """The name of *element* without its namespace."""
    return str(element.tag).rpartition("}")[2]

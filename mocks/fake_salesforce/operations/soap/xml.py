"""Writing SOAP: elements, records, results of saves, and JSON-like structures as elements.

Rule 1: in the partner API a record is an sf:sObject: its type, its Id, then what was selected (Id once more); nulls
are nil. In the enterprise API it is of its own type and has only what was selected and is not null.
Rule 2: moments end in Z. Numbers of aggregates carry their XML Schema type; other values do not.
Source: query answers recorded by WWW::Salesforce and by a Zuora exporter's tests (partner), salesforce-python-toolkit
(enterprise). The types of aggregates are assumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fake_salesforce.schema.metadata import Schema
from fake_salesforce.wire import jsontext

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\r": "&#xd;"})
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\+0000")
NIL = ' xsi:nil="true"/>'


def text_of(value: Any) -> str:
    """*value* as the text of an element."""
    if isinstance(value, str):
        return _ILLEGAL.sub("", value).translate(_ESCAPES)
    return jsontext.compact(value)


def tag(name: str, value: Any, attributes: str = "") -> str:
    """An element with a value; nil for None."""
    if value is None:
        return f"<{name}{NIL}"
    return f"<{name}{attributes}>{text_of(value)}</{name}>"


def moment(stamp: str) -> str:
    """A stamp of the JSON resources as SOAP writes it."""
    return _MOMENT.sub(r"\1Z", stamp)


def struct(value: Mapping[str, Any], *, leave_out: Iterable[str] = (), nils: Iterable[str] = ()) -> str:
    """A JSON object as elements: lists repeat their name, null ones are left out unless they are in *nils*."""
    parts = []
    for key, one in value.items():
        if key in leave_out:
            continue
        for each in one if isinstance(one, list) else [one]:
            if isinstance(each, Mapping):
                parts.append(f"<{key}>{struct(each, leave_out=leave_out, nils=nils)}</{key}>")
            elif each is not None or key in nils:
                attributes = _anytype(each) if key == "defaultValue" else ""
                parts.append(tag(key, each, attributes))
    return "".join(parts)


def _anytype(value: Any) -> str:
    if isinstance(value, bool):
        kind = "boolean"
    elif isinstance(value, int):
        kind = "int"
    elif isinstance(value, float):
        kind = "double"
    else:
        kind = "string"
    return f' xsi:type="xsd:{kind}"'


class Records:
    """How records are written for one API: *kind* is partner or enterprise."""

    def __init__(self, schema: Schema, kind: str) -> None:
        self._schema = schema
        self._partner = kind == "partner"

    def result(self, page: Mapping[str, Any], *, locator: str | None, name: str = "result") -> str:
        """A QueryResult."""
        kind = ' xsi:type="QueryResult"' if self._partner or name != "result" else ""
        records = "".join(self.record("records", one) for one in page["records"])
        head = tag("done", page["done"]) + tag("queryLocator", locator)
        return f"<{name}{kind}>{head}{records}{tag('size', page['totalSize'])}</{name}>"

    def record(self, name: str, row: Mapping[str, Any] | None) -> str:
        """One record as the element *name*."""
        if row is None:
            return f"<{name}{NIL}"
        sobject = row["attributes"]["type"]
        fields = "".join(self._field(sobject, key, one) for key, one in row.items() if key != "attributes")
        if self._partner:
            head = tag("sf:type", sobject) + tag("sf:Id", row.get("Id"))
            return f'<{name} xsi:type="sf:sObject">{head}{fields}</{name}>'
        return f'<{name} xsi:type="sf:{sobject}">{fields}</{name}>'

    def _field(self, sobject: str, key: str, value: Any) -> str:
        name = f"sf:{key}"
        if isinstance(value, Mapping):
            if "attributes" in value:
                return self.record(name, value)
            if "records" in value:
                return self.result(value, locator=_locator(value), name=name)
            return _compound(name, value)
        if value is None:
            return f"<{name}{NIL}" if self._partner else ""
        if sobject == "AggregateResult":
            return tag(name, moment(value) if isinstance(value, str) else value, _anytype(value))
        if isinstance(value, str) and self._type(sobject, key) == "datetime":
            value = moment(value)
        return tag(name, value)

    def _type(self, sobject: str, key: str) -> str:
        found = self._schema.sobject(sobject)
        field = None if found is None else found.field(key)
        return "" if field is None else field.type


def _compound(name: str, value: Mapping[str, Any]) -> str:
    """An address or a location: its place on the globe first."""
    kind = "location" if set(value) <= {"latitude", "longitude"} else "address"
    keys = ["latitude", "longitude", *sorted(set(value) - {"latitude", "longitude"})]
    inner = "".join(tag(key, value.get(key)) for key in keys)
    return f'<{name} xsi:type="{kind}">{inner}</{name}>'


def _locator(page: Mapping[str, Any]) -> str | None:
    url = page.get("nextRecordsUrl")
    return None if url is None else str(url).rpartition("/")[2]


def saved(items: Sequence[Mapping[str, Any]]) -> str:
    """Results of saves, one `result` each: created before, errors before id, as the WSDL orders them."""
    return "".join(f"<result>{_saved(one)}</result>" for one in items)


def _saved(item: Mapping[str, Any]) -> str:
    created = tag("created", item.get("created", False)) if "created" in item else ""
    errors = "".join(f"<errors>{error_of(one)}</errors>" for one in item.get("errors", ()))
    merged = "".join(tag("mergedRecordIds", one) for one in item.get("mergedRecordIds", ()))
    related = "".join(tag("updatedRelatedIds", one) for one in item.get("updatedRelatedIds", ()))
    return f"{created}{errors}{tag('id', item.get('id'))}{merged}{tag('success', item['success'])}{related}"


def error_of(error: Mapping[str, Any]) -> str:
    fields = "".join(tag("fields", one) for one in error.get("fields") or ())
    return fields + tag("message", error["message"]) + tag("statusCode", error["statusCode"])

"""Rows with files in them: multipart/form-data, one part of JSON and one for each binary field.

Rule 1: the JSON part has any name and no filename; a binary part has a filename, and its name is the field.
Rule 2: in a collection a record names its part in `attributes`: binaryPartName, and binaryPartNameAlias is the field.
Rule 3: without multipart a body is JSON, with base64 text in binary fields.
Source: REST API Developer Guide v66, Insert or Update Blob Data; Using sObject Collections to Insert Blob Data.
"""

from __future__ import annotations

import io
from typing import IO, Any

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from fake_salesforce.errors import salesforce_error
from fake_salesforce.routes.answers import read_body
from fake_salesforce.routes.http import Call
from fake_salesforce.wire import jsontext

MULTIPART = "multipart/form-data"


def is_multipart(call: Call) -> bool:
    """The body is a multipart message."""
    media: str = call.environ.get("CONTENT_TYPE", "")
    return media[: len(MULTIPART)].lower() == MULTIPART


def row_body(call: Call) -> Any:
    """The row: JSON, with the bytes of binary parts under the names of their fields. Raises SalesforceError."""
    if not is_multipart(call):
        return call.json_body()
    row, parts = _read(call)
    if isinstance(row, dict):
        row.update(parts)
    return row


def collection_body(call: Call) -> Any:
    """The body of a collection, its records with the bytes of the parts they name. Raises SalesforceError."""
    if not is_multipart(call):
        return call.json_body()
    body, parts = _read(call)
    records = body.get("records") if isinstance(body, dict) else None
    for record in records if isinstance(records, list) else ():
        about = record.get("attributes") if isinstance(record, dict) else None
        if not isinstance(about, dict) or "binaryPartName" not in about:
            continue
        name = about["binaryPartName"]
        if not isinstance(name, str) or name not in parts:
            raise salesforce_error("INVALID_MULTIPART_REQUEST", text=f"No binary part is called {name}")
        record[about.get("binaryPartNameAlias") or "VersionData"] = parts[name]
    return body


def _read(call: Call) -> tuple[Any, dict[str, bytes]]:
    media, options = parse_options_header(call.environ["CONTENT_TYPE"])
    body = read_body(call.environ)
    try:
        parser = FormDataParser(
            stream_factory=_in_memory, silent=False, max_form_memory_size=None, max_form_parts=1_000
        )
        _, texts, parts = parser.parse(io.BytesIO(body), media, len(body), options)
    except ValueError as error:
        raise salesforce_error(
            "INVALID_MULTIPART_REQUEST", text=f"Multipart message cannot be read: {error}"
        ) from error
    found = {name: part.stream.read() for name, part in parts.items()}
    json = next(iter(texts.values()), None)
    if json is None:
        raise salesforce_error("INVALID_MULTIPART_REQUEST", text="Multipart message must include a non-binary part")
    try:
        return jsontext.parse(json.encode(errors="replace")), found
    except jsontext.NotJson as error:
        raise salesforce_error("JSON_PARSER_ERROR", text=error.message) from error


def _in_memory(
    total_content_length: int | None, content_type: str | None, filename: str | None, content_length: int | None = None
) -> IO[bytes]:
    """Where the parser puts a part: the body is in memory already."""
    del total_content_length, content_type, filename, content_length
    return io.BytesIO()

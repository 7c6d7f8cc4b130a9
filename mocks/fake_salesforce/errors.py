"""What Salesforce answers when it refuses: errors by key, their words in `data/errors.toml`.

Rule 1: nobody writes an error text in code. `salesforce_error("STRING_TOO_LONG", label="Subject", ...)`
names a row of the table; a key without a row is our bug and an AssertionError.
Rule 2: one key is one message. Where a code has several, the key is `CODE.situation`.
Rule 3: whether `fields` is present, empty or names fields is part of the row, because clients read it.

Source: each row of the table carries its own source and evidence grade.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fake_core.errors import VendorError
from fake_salesforce.data_files import load

# What a row's `fields` may say.
FIELDS_ABSENT: Final = "absent"  # the key is not there at all
FIELDS_EMPTY: Final = "empty"  # []
FIELDS_NAMED: Final = "named"  # the fields the caller names
FIELDS_RULES: Final = frozenset({FIELDS_ABSENT, FIELDS_EMPTY, FIELDS_NAMED})

MESSAGE_FIRST: Final = "message_first"  # {"message", "errorCode", "fields"}: rows, queries, sessions
CODE_FIRST: Final = "code_first"  # {"errorCode", "message"}: unknown resources
BODY_SHAPES: Final = frozenset({MESSAGE_FIRST, CODE_FIRST})


class SalesforceError(VendorError):
    """One refusal: an HTTP status and an entry of the error list in the body.

    `fields` is None when the key is absent. `extra` is put before the other keys
    (`duplicateResut` of DUPLICATES_DETECTED).
    """

    def __init__(
        self,
        *,
        status: int,
        code: str,
        message: str,
        fields: tuple[str, ...] | None = None,
        key: str = "",
        body_shape: str = MESSAGE_FIRST,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Prefer `salesforce_error`, which reads all this from the table."""
        super().__init__(f"{code}: {message}")
        self.key = key or code
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.body_shape = body_shape
        self.extra = extra or {}

    def as_item(self, status_key: str = "errorCode") -> dict[str, Any]:
        """The entry of the error list, keys in the recorded order.

        *status_key* is `errorCode` in a single answer. In collections, trees and Bulk it is
        `statusCode`; there it comes first, `fields` is always a list and there is no `extra`.
        """
        if status_key == "statusCode":
            return {
                "statusCode": self.code,
                "message": self.message,
                "fields": list(self.fields or ()),
            }
        if self.body_shape == CODE_FIRST or self.extra:
            item = {"errorCode": self.code, "message": self.message}
        else:
            item = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            item["fields"] = list(self.fields)  # type: ignore[assignment]
        return {**self.extra, **item}


def salesforce_error(
    key: str,
    /,
    *,
    fields: Sequence[str] | None = None,
    extra: Mapping[str, Any] | None = None,
    **words: object,
) -> SalesforceError:
    """The error of row *key*; *words* fill its message, *fields* are the fields it names.

    A row that names fields takes *fields*, or the one field given as the word `field`. In a
    message `{fields}` is the list joined by a comma and a space.
    """
    row = error_rows().get(key)
    assert row is not None, f"{key} is raised but has no row in errors.toml"
    rule = row["fields"]
    if isinstance(rule, list):
        named: tuple[str, ...] | None = tuple(rule)
    elif rule == FIELDS_NAMED:
        assert fields is not None or "field" in words, f"{key} is raised and names no field"
        named = tuple(fields) if fields is not None else (str(words["field"]),)
    else:
        named = () if rule == FIELDS_EMPTY else None
    try:
        message = row["message"].format_map({"fields": ", ".join(fields or named or ()), **words})
    except KeyError as missing:
        raise AssertionError(f"{key}: the message needs the word {missing}") from missing
    return SalesforceError(
        key=key,
        status=row["status"],
        code=key.partition(".")[0],
        message=message,
        fields=named,
        body_shape=row.get("body", MESSAGE_FIRST),
        extra=extra,
    )


def among_many(error: SalesforceError) -> SalesforceError:
    """*error* as a call for many rows tells it: a row that is not there is a bad reference, no missing resource."""
    return salesforce_error("INVALID_CROSS_REFERENCE_KEY") if error.key == "NOT_FOUND" else error


def error_rows() -> Mapping[str, Mapping[str, Any]]:
    """All rows of the table by key: status, message, fields, source, grade, and perhaps body."""
    rows: Mapping[str, Mapping[str, Any]] = load("errors.toml")["errors"]
    return rows

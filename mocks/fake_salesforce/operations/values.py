"""From a JSON value to the value a column holds: types, then rules, one field at a time.

Rule 1: `parse` refuses what the vendor's JSON reader refuses (TypeMismatch), before any field is
known to be writable; `check` refuses what its save refuses (SalesforceError).
Rule 2: numbers and booleans may come as strings; text is trimmed, and blank text is null; `""` is
null for text and references and a mismatch for dates, numbers and booleans.
Rule 3: what comes out is in the form of the wire (see `metadata`), None for null.
Source: REST API Developer Guide, sObject Rows; strings for numbers, the lower-casing of email and
the mismatch texts are in recorded traffic and public issues (facts: body rules, JSON_PARSER_ERROR).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from fake_core.errors import VendorError
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.schema.metadata import Field
from fake_salesforce.wire import jsontext

INT_DIGITS_DEFAULT = 8  # digits of an int field whose describe does not say
DOUBLE_DIGITS_MAX = 18
YEAR_MIN, YEAR_MAX = "1700", "4000"  # dates the vendor stores
NOWHERE = "[Source: N/A; line: -1, column: -1][line:-1, column:-1]"


class TypeMismatch(VendorError):
    """A JSON value of a type its field cannot be read from: JSON_PARSER_ERROR, position pending."""

    def __init__(self, *, kind: str, value: Any, key: str) -> None:
        super().__init__(f"{key}: {value!r} is no {kind}")
        self.kind = kind
        self.value = value
        self.key = key

    def located(self, text: str | None) -> SalesforceError:
        """The vendor's error; *text* is the request's body when the row stood there by itself."""
        word, shown = token(self.value)
        place = NOWHERE
        if text is not None:
            found = jsontext.position_after(text, self.key)
            if found is not None:
                place = f"[line:{found[0]}, column:{found[1]}]"
        key = "JSON_PARSER_ERROR.bare" if self.kind == "multipicklist" else "JSON_PARSER_ERROR.value"
        return salesforce_error(key, type=self.kind, token=word, value=shown, position=place)


def token(value: Any) -> tuple[str, str]:
    """Jackson's name of the token and what it prints of it."""
    if value is None:
        return "VALUE_NULL", "null"
    if isinstance(value, bool):
        return ("VALUE_TRUE", "true") if value else ("VALUE_FALSE", "false")
    if isinstance(value, dict):
        return "START_OBJECT", "{"
    if isinstance(value, list):
        return "START_ARRAY", "["
    if isinstance(value, int):
        return "VALUE_NUMBER_INT", str(value)
    if isinstance(value, float):
        return "VALUE_NUMBER_FLOAT", str(value)
    return "VALUE_STRING", str(value)


# --- reading: JSON value -> Python value of the type, or TypeMismatch ------------------------------


def _read_text(value: Any, field: Field) -> Any:
    if isinstance(value, str):
        text = value.strip()
        if not text.isascii():
            text = _without_lone_surrogates(text).strip()
        elif "\0" in text:
            text = text.replace("\0", "").strip()
        return text or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise TypeMismatch(kind=field.type, value=value, key=field.name)


def _without_lone_surrogates(text: str) -> str:
    """Half a surrogate pair cannot be stored or sent: it becomes a question mark, as in Java."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _read_boolean(value: Any, field: Field) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and (word := value.strip().lower()) in _BOOLEAN_WORDS:
        return _BOOLEAN_WORDS[word]
    raise TypeMismatch(kind="boolean", value=value, key=field.name)


_BOOLEAN_WORDS = {"true": 1, "false": 0, "1": 1, "0": 0}


def flag(value: Any, key: str) -> bool:
    """A switch of a request, such as allOrNone: a boolean, its text, or null for false. Raises TypeMismatch."""
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise TypeMismatch(kind="boolean", value=value, key=key)


def _read_int(value: Any, field: Field) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _INT.fullmatch(value.strip()):
        return int(value)
    raise TypeMismatch(kind="int", value=value, key=field.name)


_INT = re.compile(r"[+-]?[0-9]{1,30}", re.ASCII)


def _read_double(value: Any, field: Field) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value))
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        try:
            return Decimal(value.strip())
        except InvalidOperation:
            pass
    raise TypeMismatch(kind=field.type, value=value, key=field.name)


_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)


def _read_date(value: Any, field: Field) -> Any:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value
    raise TypeMismatch(kind="date", value=value, key=field.name)


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _read_datetime(value: Any, field: Field) -> Any:
    text = utc_text(value) if isinstance(value, str) else None
    if text is None:
        raise TypeMismatch(kind="datetime", value=value, key=field.name)
    return text


def utc_text(value: str) -> str | None:
    """The wire form, in UTC and whole seconds, of a datetime a client wrote; None for another form.

    Accepted: `yyyy-MM-ddTHH:mm:ss[.SSS](Z|±HH:mm|±HHmm)`.
    """
    match = _DATETIME.fullmatch(value)
    if match is None:
        return None
    zone = match[2]
    if zone in _UTC_ZONES:
        try:
            datetime.fromisoformat(match[1])
        except ValueError:
            return None
        return match[1] + ".000+0000"
    try:
        moment = datetime.fromisoformat(match[1] + zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{moment.year:04}" + moment.strftime("-%m-%dT%H:%M:%S.000+0000")


_DATETIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})",
    re.ASCII,
)
_UTC_ZONES = {"Z", "+0000", "+00:00", "-0000", "-00:00"}


def _read_time(value: Any, field: Field) -> Any:
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            clock = time.fromisoformat(value.removesuffix("Z"))
        except ValueError:
            pass
        else:
            return clock.isoformat("milliseconds") + "Z"
    raise TypeMismatch(kind="time", value=value, key=field.name)


_TIME = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?Z?", re.ASCII)


def _read_reference(value: Any, field: Field) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    raise TypeMismatch(kind="reference", value=value, key=field.name)


def _read_compound(value: Any, field: Field) -> Any:
    if isinstance(value, dict):
        return value
    raise TypeMismatch(kind=field.type, value=value, key=field.name)


def _read_base64(value: Any, field: Field) -> Any:
    """The bytes behind base64 text; a multipart message gives bytes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        if not value:
            return None
        try:
            return base64.b64decode("".join(value.split()), validate=True)
        except ValueError:
            pass
    raise TypeMismatch(kind="base64Binary", value=value, key=field.name)


_READERS: dict[str, Callable[[Any, Field], Any]] = {
    "boolean": _read_boolean,
    "int": _read_int,
    "long": _read_int,
    "double": _read_double,
    "currency": _read_double,
    "percent": _read_double,
    "date": _read_date,
    "datetime": _read_datetime,
    "time": _read_time,
    "reference": _read_reference,
    "id": _read_reference,
    "address": _read_compound,
    "location": _read_compound,
    "base64": _read_base64,
}


def reader(kind: str) -> Callable[[Any, Field], Any]:
    """What `parse` does with a value, not None, of a field of type *kind*."""
    return _READERS.get(kind, _read_text)


def parse(value: Any, field: Field) -> Any:
    """*value* read as the type of *field*; None for null. Raises TypeMismatch."""
    if value is None:
        return None
    return _READERS.get(field.type, _read_text)(value, field)


# --- checking: what a save refuses ------------------------------------------------------------------


def checker(kind: str) -> Callable[[Any, Field], Any] | None:
    """What `check` does with a value of a field of type *kind*; None when every value will do."""
    return _CHECKERS.get(kind)


def check(value: Any, field: Field) -> Any:
    """The column's value for a parsed, not-null *value*; raises the SalesforceError of a save.

    References are checked where the rows are (see `references`).
    """
    checker = _CHECKERS.get(field.type)
    return checker(value, field) if checker is not None else value


def _check_length(value: Any, field: Field) -> Any:
    if field.length and len(value) * 2 > field.length and utf16_length(value) > field.length:
        raise salesforce_error(
            "STRING_TOO_LONG",
            label=field.label,
            field=field.name,
            value=value,
            max_length=str(field.length),
        )
    return value


def utf16_length(text: str) -> int:
    """Length as the vendor counts it: in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _check_picklist(value: Any, field: Field) -> Any:
    if field.restricted_picklist:
        return _restricted(value, field)
    return _check_length(value, field)


def _restricted(value: str, field: Field) -> str:
    if any(entry.value == value and entry.active for entry in field.picklist):  # case counts
        return value
    raise salesforce_error("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", label=field.label, field=field.name, value=value)


def _check_multipicklist(value: Any, field: Field) -> Any:
    chosen = dict.fromkeys(part for part in value.split(";") if part)
    if field.restricted_picklist:
        chosen = dict.fromkeys(_restricted(part, field) for part in chosen)
    return ";".join(chosen) or None


def _check_email(value: Any, field: Field) -> Any:
    if _EMAIL.fullmatch(value) is None:
        raise salesforce_error("INVALID_EMAIL_ADDRESS", label=field.label, field=field.name, value=value)
    return _check_length(value.lower(), field)


_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]{2,}", re.ASCII)


def _check_int(value: Any, field: Field) -> Any:
    digits = field.digits or INT_DIGITS_DEFAULT
    if abs(value) >= 10**digits:
        raise _out_of_range(value, field)
    return value


def _check_date(value: Any, field: Field) -> Any:
    if not YEAR_MIN <= value[:4] <= YEAR_MAX:
        raise _out_of_range(value, field)
    return value


def _check_double(value: Any, field: Field) -> Any:
    whole = (field.precision or DOUBLE_DIGITS_MAX) - field.scale
    if not value.is_finite():
        raise _out_of_range(value, field)
    if value.adjusted() >= whole and value != 0:
        raise _out_of_range(value, field)
    rounded = value.quantize(Decimal(1).scaleb(-field.scale), rounding=ROUND_HALF_UP)
    degrees = _degrees_max(field)
    if abs(rounded) >= Decimal(10) ** whole or (degrees is not None and abs(rounded) > degrees):
        raise _out_of_range(value, field)
    return float(rounded) + 0.0  # no negative zero


_DEGREES_MAX = {"Latitude": 90, "Longitude": 180}


def _degrees_max(field: Field) -> int | None:
    """How far from zero a part of an address or a geolocation goes; None for any other number."""
    if field.compound_field_name is None:
        return None
    name = field.name.removesuffix("__s")
    return next((most for part, most in _DEGREES_MAX.items() if name.endswith(part)), None)


def _out_of_range(value: Any, field: Field) -> SalesforceError:
    return salesforce_error("NUMBER_OUTSIDE_VALID_RANGE", label=field.label, field=field.name, value=str(value))


_CHECKERS: Mapping[str, Callable[[Any, Field], Any]] = {
    "string": _check_length,
    "textarea": _check_length,
    "phone": _check_length,
    "url": _check_length,
    "combobox": _check_length,
    "encryptedstring": _check_length,
    "picklist": _check_picklist,
    "multipicklist": _check_multipicklist,
    "email": _check_email,
    "date": _check_date,
    "datetime": _check_date,
    "int": _check_int,
    "double": _check_double,
    "currency": _check_double,
    "percent": _check_double,
}

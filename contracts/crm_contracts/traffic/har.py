"""HAR 1.2: how we keep and exchange traffic. Chrome, Firefox, Safari, Charles, Fiddler and mitmproxy read and write it.

Rule 1: a file that we write is whole after every exchange: one entry a line, and the end is written with each.
Rule 2: a call that shows a secret is not written; `crm_contracts.traffic.scrubbed` comes first.
Rule 3: reading is tolerant: a broken entry is counted and left, a file that broke off gives what it has; only what is
no HAR at all is refused.
Rule 4: bodies in a HAR are unpacked, so a call that is read carries no `content-encoding`. One that cannot be unpacked,
or that its recorder left out, is told in a header (`WITHHELD`): such a call was made, and its answer is not lost.
Source: HTTP Archive format 1.2; keys of our own begin with an underscore, as it says.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from crm_contracts.traffic import WITHHELD, Call
from crm_contracts.traffic.bodies import Unreadable, recorded
from crm_contracts.traffic.scrubbed import reveals
from fake_core.errors import MisuseError

__all__ = [
    "HAR_BYTES_MAX",
    "HarFile",
    "Recording",
    "entries",
    "mapping",
    "moment",
    "pairs",
    "read",
    "vendor_of",
    "write",
]

HAR_BYTES_MAX = 500 * 1024 * 1024
_END = b"\n]}}\n"
_SALESFORCE_HOST = re.compile(r"(^|\.)(salesforce\.com|force\.com|cloudforce\.com|database\.com|salesforce\.mil)$")
_PARTNER_HOSTS = {"planhat": re.compile(r"(^|\.)planhat\.com$"), "totango": re.compile(r"(^|\.)totango\.com$")}
_PATHS = (
    ("marketo", re.compile(r"^/_standin/sia(/|$)")),
    ("totango", re.compile(r"^/_standin/totango(/|$)")),
    ("salesforce", re.compile(r"^/services/(data|oauth2|async|Soap)(/|$)")),
)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What a HAR file holds. *source* and *date* say where it comes from ("" where the file does not say).

    *notes* are words of the file about single calls, by number; *left* counts what was left out, by reason.
    """

    calls: Sequence[Call]
    source: str = ""
    date: str = ""
    vendor: str = ""
    notes: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)


# ---- writing ---------------------------------------------------------------------------------------------


class HarFile:
    """A HAR file that grows. Raises MisuseError where it cannot be written."""

    def __init__(self, path: Path, *, source: str, date: str, vendor: str = "") -> None:
        self.path = path
        self._head = _head(source, date, vendor)
        self._end = self.count = 0
        self.rewrite([])

    def add(self, call: Call) -> None:
        """Write *call* behind the others. Raises MisuseError for one that shows a secret."""
        line = _line(call)
        data = (b",\n" if self.count else b"") + line + _END
        with self.path.open("r+b", buffering=0) as file:
            file.seek(self._end)
            file.write(data)
        self._end += len(data) - len(_END)
        self.count += 1

    def rewrite(self, calls: Iterable[Call]) -> None:
        """Write the whole file anew, in one step for whoever reads it."""
        lines = [_line(call) for call in calls]
        whole = self._head + b",\n".join(lines)
        beside = self.path.with_name(f".{self.path.name}.new")
        try:
            beside.write_bytes(whole + _END)
            beside.replace(self.path)
        except OSError as error:
            raise MisuseError(f"{self.path}: cannot be written ({error.strerror}): choose another file") from None
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        self._end, self.count = len(whole), len(lines)


def write(path: Path, calls: Iterable[Call], *, source: str, date: str, vendor: str = "") -> None:
    """Write *calls*, which show no secret, as a HAR file. Raises MisuseError."""
    HarFile(path, source=source, date=date, vendor=vendor).rewrite(calls)


def _head(source: str, date: str, vendor: str) -> bytes:
    log = {
        "version": "1.2",
        "creator": {"name": "understudy", "version": version("understudy")},
        "comment": f"{source}; {date}",
        "_understudy": {"source": source, "date": date, **({"vendor": vendor} if vendor else {})},
        "entries": [],
    }
    return json.dumps({"log": log}, ensure_ascii=False).encode()[: -len("]}}")] + b"\n"


def _line(call: Call) -> bytes:
    if reveals(call):
        raise MisuseError(f"{call.method} {call.url}: shows a secret, and is not written: scrub the calls first")
    return json.dumps(entry_of(call), ensure_ascii=False).encode()


def entry_of(call: Call) -> dict[str, Any]:
    """*call* as an entry of a HAR."""
    milliseconds = round(call.seconds * 1_000, 3)
    request: dict[str, Any] = {
        "method": call.method,
        "url": call.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _named(call.request_headers),
        "queryString": _named(parse_qsl(urlsplit(call.url).query, keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": len(call.request),
    }
    if call.request:
        request["postData"] = {"mimeType": call.header("content-type") or "", **_text(call.request)}
    response = {
        "status": call.status,
        "statusText": _reason(call.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _named(call.response_headers),
        "content": {
            "size": len(call.response),
            "mimeType": call.answered("content-type") or "",
            **(_text(call.response) if call.response else {}),
        },
        "redirectURL": call.answered("location") or "" if 300 <= call.status < 400 else "",
        "headersSize": -1,
        "bodySize": len(call.response) if call.status else -1,
    }
    return {
        "startedDateTime": call.at.isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": request,
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_understudy": {"number": call.number, "vendor": call.vendor},
    }


def _named(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


# ---- reading ---------------------------------------------------------------------------------------------


def read(path: Path, *, hosts: Mapping[str, str] | None = None, vendor: str = "") -> Recording:
    """The calls of a HAR file, as they stand in it. Raises MisuseError for what is no HAR.

    *hosts* says which vendor a host is (`127.0.0.1:8444` -> `planhat`), *vendor* whose all calls are that nobody else
    claims. A call of no vendor is left out.
    """
    log = _log(path)
    ours = mapping(log, "_understudy")
    whose = vendor or str(ours.get("vendor") or "")
    calls: list[Call] = []
    notes: dict[int, Mapping[str, Any]] = {}
    left: dict[str, int] = {}
    for entry in log["entries"]:
        made = _call(entry, len(calls) + 1, hosts or {}, whose)
        if isinstance(made, str):
            left[made] = left.get(made, 0) + 1
            continue
        calls.append(made)
        notes[made.number] = mapping(entry, "_understudy")
    return Recording(
        calls=calls,
        source=str(ours.get("source") or log.get("comment") or ""),
        date=str(ours.get("date") or ""),
        vendor=whose,
        notes=notes,
        left=left,
    )


def entries(path: Path) -> list[Any]:
    """The entries of a HAR file as they stand in it. Raises MisuseError for what is no HAR."""
    found: list[Any] = _log(path)["entries"]
    return found


def _log(path: Path) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        if size > HAR_BYTES_MAX:
            raise MisuseError(
                f"{path}: {size // 1024 // 1024:,} MB; a HAR file of up to {HAR_BYTES_MAX // 1024 // 1024} MB is read: "
                "record a shorter time, or only the hosts of Salesforce and the partner"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise MisuseError(f"{path}: {error.strerror}") from None
    if not raw.strip():
        raise MisuseError(f"{path} is empty: export the HAR file again")
    try:
        data = json.loads(raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"))
    except UnicodeDecodeError as error:
        if (mended := _mended(raw)) is not None:
            return mended
        raise MisuseError(f"{path}: byte {error.start} is no UTF-8: export the HAR file again") from None
    except json.JSONDecodeError as error:
        if (mended := _mended(raw)) is not None:
            return mended
        raise MisuseError(
            f"{path}, line {error.lineno}, column {error.colno} (character {error.pos:,}): broken JSON ({error.msg}): "
            "export the HAR file again"
        ) from None
    except (RecursionError, ValueError):
        raise MisuseError(f"{path}: JSON that cannot be read: export the HAR file again") from None
    log = data.get("log") if isinstance(data, Mapping) else None
    if not isinstance(log, dict) or not isinstance(log.get("entries"), list):
        raise MisuseError(f"{path}: no HAR file: it has no log.entries; export it as HAR (with content)")
    return log


def _mended(raw: bytes) -> dict[str, Any] | None:
    """A file of ours that broke off in its last line (the machine died): what it has up to there."""
    head, newline, _ = raw.partition(b"\n")
    if not newline or b'"name": "understudy"' not in head:
        return None
    for end in (raw.rfind(b"\n"), raw.rfind(b"\n", 0, max(raw.rfind(b"\n"), 0))):
        with suppress(ValueError):
            found: dict[str, Any] = json.loads(raw[:end].rstrip(b",\n") + _END)["log"]
            if not _END.strip().startswith(raw[end:].strip()):
                found["entries"].append(None)  # what it has no more of is counted, as broken
            return found
    return None


def _call(entry: Any, number: int, hosts: Mapping[str, str], vendor: str) -> Call | str:
    """One entry as a call, or why it is none."""
    request, response = mapping(entry, "request"), mapping(entry, "response")
    url, at = request.get("url"), moment(entry)
    if not isinstance(url, str) or not url:
        return "broken: no request or no URL"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "broken: no URL"
    whose = str(mapping(entry, "_understudy").get("vendor") or "") or vendor_of(parts, hosts) or vendor
    if not whose:
        return "to other hosts"
    sent, got = _headers(request), _headers(response)
    posted, content = mapping(request, "postData"), mapping(response, "content")
    params = posted.get("params")
    asked, sent = _body(posted, sent, 0 if params else request.get("bodySize"))
    if not asked and params:
        asked = urlencode(pairs(params)).encode()
    kind = posted.get("mimeType")
    if asked and kind and isinstance(kind, str) and not any(name == "content-type" for name, _ in sent):
        sent = [*sent, ("content-type", kind)]  # a browser shows no headers of a request that got no answer
    answer, got = _body(content, got, content.get("size"))
    return Call(
        number=number,
        at=at or datetime.fromtimestamp(0, UTC),
        vendor=whose,
        method=str(request.get("method") or "GET").upper(),
        url=url,
        request_headers=tuple(sent),
        request=asked,
        status=_number(response.get("status")),
        response_headers=tuple(got),
        response=answer,
        seconds=max(_number(entry.get("time")), 0) / 1_000,
    )


def _body(part: Mapping[str, Any], headers: list[tuple[str, str]], size: Any) -> tuple[bytes, list[tuple[str, str]]]:
    """A body, unpacked, and the headers that go with it. *size* is how long it was, as far as the recorder says."""
    coding = next((value for name, value in headers if name == "content-encoding"), "identity")
    kept = [pair for pair in headers if pair[0] != "content-encoding"]
    text = part.get("text")
    try:
        if isinstance(text, str) and text:
            return recorded(text, encoding=str(part.get("encoding") or ""), coding=coding), kept
        if _number(size) <= 0:
            return b"", kept
        why = "the file has none (export with content)"
    except Unreadable as error:
        why = str(error)
    return b"", [*(pair for pair in kept if pair[0] != "content-length"), (WITHHELD, why)]


def moment(entry: Any) -> datetime | None:
    """When an entry began, in whatever way its recorder writes it."""
    given = entry.get("startedDateTime") if isinstance(entry, Mapping) else None
    if isinstance(given, (int, float)) and not isinstance(given, bool):  # milliseconds, as some tools write
        try:
            return datetime.fromtimestamp(given / 1000, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    if not isinstance(given, str):
        return None
    text = re.sub(r"(\.\d{6})\d+", r"\1", given.strip())  # nanoseconds of a proxy
    text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text)
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def vendor_of(url: Any, hosts: Mapping[str, str]) -> str:
    """Whose host a split URL names, or whose paths it has; "" where nobody's."""
    host = (url.hostname or "").lower()
    for name in (f"{host}:{url.port}" if url.port else host, host):
        if name in hosts:
            return hosts[name]
    if _SALESFORCE_HOST.search(host):
        return "salesforce"
    for vendor, pattern in (*_PARTNER_HOSTS.items(),):
        if pattern.search(host):
            return vendor
    return next((vendor for vendor, pattern in _PATHS if pattern.search(url.path)), "")


def mapping(data: Any, key: str) -> Mapping[str, Any]:
    """What *data* has under *key*, or nothing where that is no object."""
    found = data.get(key) if isinstance(data, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def pairs(given: Any) -> list[tuple[str, str]]:
    """A list of names and values (headers, cookies, params), as they are written."""
    rows = given if isinstance(given, list) else []
    return [(str(one.get("name", "")), str(one.get("value") or "")) for one in rows if isinstance(one, Mapping)]


def _headers(side: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in pairs(side.get("headers"))]


def _number(given: Any) -> int:
    try:
        return int(given or 0)
    except (TypeError, ValueError):
        return 0

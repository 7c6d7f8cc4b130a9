"""Requests near to good ones, for every operation: grown from good bodies, then damaged.

Rule 1: a request is made of bytes alone, each a choice; so that Hypothesis can shrink it and a fuzzer that only knows
bytes can make it, too.
Rule 2: most choices fit: what fails early tests the reader of bodies only.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tests.fake_salesforce.bodies import seeds

from fake_salesforce import app

Operation = tuple[str, str, str]  # method, path with its parameters, operation id
OPERATIONS: list[Operation] = [
    *((method, path, name) for method, path, name, _ in app.OPEN_ROUTES),
    *((method, f"/services/data/v60.0{path}", name) for method, path, name, _ in app.ROUTES),
    *((method, f"/services/async/60.0{path}", name) for method, path, name, _ in app.ASYNC_ROUTES),
]
_PARAMETER = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
_ID = re.compile(r"\b(?:ACCOUNT|OTHER|CONTACT|LEAD|TASK|USER|TOKEN)\b")
_JOBS = {"Ingest": "INGEST", "uploadJobData": "INGEST", "Query": "QUERYJOB"}


@dataclass
class Sent:
    """One request, ready for the wire. *length* is what Content-Length says, None for a chunked body."""

    operation: str
    method: str
    path: str
    query: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    length: str | None = ""


@lru_cache(maxsize=4)
def _bomb(kind: str) -> bytes:
    return gzip.compress(b" " * 60_000_000, mtime=0) if kind == "gzip" else gzip.compress(b'{"a":' * 9_999, mtime=0)


class Grower:
    """Writes requests by the choices given; when they run out, the first of each kind is chosen.

    *known* are the ids of what is there: ACCOUNT, CONTACT, … INGEST, QUERYJOB, JOB, BATCH and TOKEN.
    """

    def __init__(self, choices: Sequence[int], known: Mapping[str, str]) -> None:
        self._choices: Iterator[int] = iter(choices)
        self._known = known

    def number(self, below: int) -> int:
        """A choice of 0 … below - 1."""
        found = next(self._choices, 0)
        if below > 256:
            found = found * 256 + next(self._choices, 0)
        return found % below

    def one(self, among: Sequence[Any]) -> Any:
        return among[self.number(len(among))]

    def request(self, operation: Operation) -> Sent:
        """A request of *operation*, damaged here and there."""
        method, rule, name = operation
        body, media = self._body(name, method)
        path = _PARAMETER.sub(lambda match: self._parameter(match[1], name), rule)
        good = seeds.GOOD_QUERIES.get(name)
        query = self.one(good) if good is not None and self.number(3) else self.one(seeds.QUERIES)
        sent = Sent(name, method, path, self._named(query), self._named(body), {})
        sent.headers["Content-Type"] = media
        if self.number(12):
            sent.headers["Authorization"] = f"Bearer {self._known['TOKEN']}"
            sent.headers["X-SFDC-Session"] = self._known["TOKEN"]
        for _ in range(max(0, self.number(6) - 2)):
            sent.headers[self.one(seeds.HEADERS)] = self.one(seeds.HEADER_VALUES)
        self._wire(sent)
        return sent

    # --- the address ---------------------------------------------------------------------------

    def _parameter(self, name: str, operation: str) -> str:
        if not self.number(10):
            return str(self._named(self.one(seeds.WORDS)))
        job = next((job for part, job in _JOBS.items() if part in operation), "JOB")
        good = {
            "job_id": self._known[job],
            "batch_id": self._known["BATCH"],
            "result_id": "752000000000001",
            "sobject": self.one(seeds.OBJECTS) if self.number(2) else "Account",
            "record_id": self._known["ACCOUNT"],
            "user_id": self._known["USER"],
            "org_id": self._known["ORG"],
            "key": self.one(("Key__c", "Region_Code__c", "Planhat_Id__c", "Owner", "Contacts", "Id")),
            "value": "k",
            "locator": self.one(("01g000000000001-2", "x", "01gUd0000000001IAA-2000")),
            "list_view_id": self.one(("00BUd0000000001IAA", "00B", "recent")),
            "api": "u",
            "version": "60.0",
            "rest": "x",
            "results": self.one(("successfulResults", "failedResults", "unprocessedrecords")),
        }
        return str(good.get(name, "primary"))

    # --- the body ------------------------------------------------------------------------------

    def _body(self, name: str, method: str) -> tuple[Any, str]:
        if name.startswith("soap"):
            return self._xml(self._envelope()), "text/xml"
        if not self.number(20):
            return self.one(seeds.BAD_BYTES), self.one(seeds.MEDIA)
        if name in {"uploadJobData", "addBatch"} and self.number(4):
            return self._csv(), "text/csv"
        if name in seeds.XML and not self.number(3):
            return self._xml(self.one(seeds.XML[name])), "application/xml"
        if name in {"createRecord", "updateRecord", "createRecords", "createIngestJob"} and not self.number(4):
            return self._multipart(name), self.one(("multipart/form-data; boundary=b", seeds.MEDIA[7]))
        if name in seeds.JSON:
            media = "application/json" if self.number(8) else self.one(seeds.MEDIA)
            return self._json(name), media
        if method == "POST":
            return self._form(), "application/x-www-form-urlencoded"
        return (self.one(seeds.BAD_BYTES), self.one(seeds.MEDIA)) if not self.number(4) else (b"", "")

    def _json(self, name: str) -> str:
        """A good body with up to three values that are wrong, gone, or there twice."""
        value = json.loads(json.dumps(self.one(seeds.JSON[name])))
        marks: dict[str, str] = {}
        for _ in range(self.number(4)):
            self._damage(value, marks)
        if not self.number(25):
            return str(self.one(seeds.BAD_JSON))
        text = json.dumps(value, ensure_ascii=False)
        for mark, bad in marks.items():
            text = text.replace(f'"{mark}"', bad)
        return text if self.number(20) else text[: self.number(len(text) + 1)]

    def _damage(self, value: Any, marks: dict[str, str]) -> None:
        holder = value
        while True:
            keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                return
            key = self.one(keys)
            if not isinstance(holder[key], dict | list) or not holder[key] or not self.number(3):
                break
            holder = holder[key]
        match self.number(8):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.extend([holder[key]] * self.number(300))
            case 2 if isinstance(holder, dict):
                holder[self.one(seeds.WORDS)] = holder[key]
            case 3:
                holder[key] = [holder[key]]
            case _:
                mark = f"~{len(marks)}~"
                marks[mark] = self.one(seeds.BAD_JSON)
                holder[key] = mark

    def _envelope(self) -> str:
        token = self._known["TOKEN"] if self.number(12) else self.one(("", "x", "\ud800", "²"))
        header = f"<SessionHeader><sessionId>{token}</sessionId></SessionHeader>{self.one(seeds.SOAP_HEADERS)}"
        call = self.one(seeds.SOAP_CALLS)
        if not self.number(6):
            name = call[1 : re.search(r"[\s/>]", call).start()]  # type: ignore[union-attr]
            call = f"<{name}>{self.one(seeds.BAD_XML)}</{name}>"
        space = self.one(("http://schemas.xmlsoap.org/soap/envelope/", "urn:nope"))
        return (
            f'<e:Envelope xmlns:e="{space}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xmlns="urn:partner.soap.sforce.com"><e:Header>{header}</e:Header><e:Body>{call}</e:Body></e:Envelope>'
        )

    def _xml(self, text: str) -> str:
        """*text* with texts, tags or the whole replaced."""
        if not self.number(20):
            return str(self.one(seeds.BAD_XML))
        for _ in range(max(0, self.number(5) - 2)):
            parts = re.split(r"(<[^>]*>)", text)
            at = self.number(len(parts))
            match self.number(5):
                case 0:
                    parts[at] = ""
                case 1:
                    parts[at] *= 2
                case 2:
                    parts[at] = self.one(seeds.BAD_XML)
                case 3:
                    parts[at] += f"<x>{self.one(seeds.WORDS)}</x>"
                case _:
                    if not parts[at].startswith("<"):
                        parts[at] = self.one(seeds.BAD_JSON).strip('"').replace("<", "").replace("&", "")
            text = "".join(parts)
        return text

    def _csv(self) -> str:
        text: str = self.one(seeds.CSV) if self.number(4) else self.one(seeds.BAD_CSV)
        for _ in range(max(0, self.number(5) - 2)):
            at = self.number(min(len(text), 200) + 1)
            text = text[:at] + self.one(('"', ",", "\n", "\r", "\x00", "\t", "é", "\ud800", "^", "")) + text[at + 1 :]
        return text

    def _multipart(self, name: str) -> bytes:
        head = self.one(
            (
                'name="row"',
                'name="job"',
                'name="x"; filename="a"',
                'filename="a"',
                "",
                'name="VersionData"; filename=""',
            )
        )
        parts = [f"Content-Disposition: form-data; {head}\r\nContent-Type: application/json\r\n\r\n{self._json(name)}"]
        for _ in range(self.number(4)):
            other = self.one(
                ('name="VersionData"; filename="a.txt"', 'name="content"; filename="c"', 'name="row"', 'name="é"', "x")
            )
            kind = self.one(("text/csv", "nope", "text/plain; charset=nope", "multipart/mixed; boundary=b"))
            parts.append(f"Content-Disposition: form-data; {other}\r\nContent-Type: {kind}\r\n\r\n{self._csv()}")
        end = self.one(("\r\n--b--\r\n", "", "\r\n--b", "\n--b--"))
        text = "".join(f"--b\r\n{part}\r\n" for part in parts)[:-2] + end
        return str(self._named(text)).encode("utf-8", "surrogatepass")

    def _form(self) -> str:
        text: str = self.one(seeds.FORMS)
        for _ in range(max(0, self.number(5) - 2)):
            pairs = text.split("&")
            at = self.number(len(pairs))
            match self.number(5):
                case 0:
                    del pairs[at]
                case 1:
                    pairs += [pairs[at]] * self.number(200)
                case 2:
                    pairs[at] = pairs[at].partition("=")[0] + "=" + self.one(("", "%ff", "%00", "²", "x" * 5_000, "%"))
                case _:
                    pairs += self.one(seeds.FORMS).split("&")
            text = "&".join(pairs)
        return text

    def _named(self, text: Any) -> Any:
        return _ID.sub(lambda match: self._known[match[0]], text) if isinstance(text, str) else text

    # --- the wire ------------------------------------------------------------------------------

    def _wire(self, sent: Sent) -> None:
        """Compression, and what is said of the length."""
        if isinstance(sent.body, str):
            sent.body = sent.body.encode("utf-8", "surrogatepass")
        match self.number(24):
            case 1:
                sent.body, sent.headers["Content-Encoding"] = gzip.compress(sent.body, mtime=0), "gzip"
            case 2:
                sent.body, sent.headers["Content-Encoding"] = gzip.compress(sent.body, mtime=0)[:-4], "gzip"
            case 3:
                sent.body, sent.headers["Content-Encoding"] = zlib.compress(sent.body), self.one(("deflate", "GZIP"))
            case 4:
                sent.headers["Content-Encoding"] = "gzip"
            case 5 if not self.number(8):
                sent.body, sent.headers["Content-Encoding"] = _bomb("gzip"), "gzip"
            case 6:
                sent.body, sent.headers["Content-Encoding"] = _bomb("deep"), "gzip"
        sent.length = str(len(sent.body)) if sent.body else ""
        match self.number(16):
            case 1 | 2:
                sent.length, sent.headers["Transfer-Encoding"] = None, "chunked"
            case 3:
                sent.length = str(self.number(len(sent.body) + 1))
            case 4:
                sent.length = self.one(
                    ("52428801", "157286401", "10485761", "9" * 30, "9" * 5_000, "-1", "0", "x", "²", "+5", "1_0")
                )

"""Sends a grown request to an org and says what is wrong with the answer.

Rule 1: no answer is a bug of ours, and none is late.
Rule 2: an answer is in the form that its Content-Type says; a refusal is in the form of the API that was called.
Rule 3: a refused request leaves the rows as they were.
"""

from __future__ import annotations

import io
import json
import logging
import time
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import fromstring

from tests.fake_salesforce.bodies.grow import OPERATIONS, Grower, Operation, Sent
from tests.fake_salesforce.conftest import EXTRA, HOST, Caller

from fake_core.clock import FrozenClock
from fake_core.ids import IdSource
from fake_salesforce import OrgConfig, create_app

SLOW_SECONDS = 20  # of the processor
CSV_HEADERS = {"Content-Type": "text/csv"}
# Words of the servers in front of the vendor's: a URI or head too long.
_IN_FRONT = {414, 431}


class _Unforeseen(logging.Handler):
    """Keeps what the fake logs of exceptions nobody foresaw."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(logging.Formatter().format(record))


@dataclass
class Judge:
    """An org with a few rows and jobs, and what is known of them."""

    caller: Caller
    known: dict[str, str] = field(default_factory=dict)
    log: _Unforeseen = field(default_factory=_Unforeseen)

    def all(self, choices: bytes, operation: Operation) -> list[str]:
        """What is wrong with the answers of a new org to a request of *operation*, and to those grown before it."""
        self.caller.fake.reset()
        grower = Grower(choices, self.known)
        wrong: list[str] = []
        for _ in range(max(0, grower.number(6) - 3)):
            wrong += self.send(grower.request(OPERATIONS[grower.number(len(OPERATIONS))]))
        return wrong + self.send(grower.request(operation))

    def send(self, sent: Sent) -> list[str]:
        """What is wrong with the answer to *sent*, in words; nothing when all is well."""
        fake = self.caller.fake
        before = self.caller.rows
        self.log.seen.clear()
        started = time.process_time()
        status, headers, body = exchange(fake, sent)
        late = time.process_time() - started
        wrong = [f"unforeseen: {text}" for text in self.log.seen]
        if late > SLOW_SECONDS:
            wrong.append(f"late: {late:.1f} s")
        if b"UNKNOWN_EXCEPTION" in body and not wrong:
            wrong.append("UNKNOWN_EXCEPTION")
        wrong += form(sent, status, headers, body)
        # Time works when somebody asks, also who is refused: batches are worked on, the search index takes in rows.
        works = sent.path.startswith("/services/async/") or "earch" in sent.operation
        if status >= 400 and not works and self.caller.rows != before:
            wrong.append("refused, and rows changed")
        (entry,) = fake.exchanges(fake.journal.last - 1)
        if entry["status"] != status:
            wrong.append(f"the journal says {entry['status']}")
        fake.journal.clear()
        return [f"{one}\n{sent!r:.3000}\n{status} {body[:600]!r}" for one in wrong]

    def status(self, sent: Sent) -> int:
        """What *sent* is answered with."""
        return exchange(self.caller.fake, sent)[0]

    def close(self) -> None:
        logging.getLogger("fake_salesforce").removeHandler(self.log)
        self.caller.fake.close()


def made() -> Judge:
    """A judge of a new org."""
    judge = rows_of(IdSource())
    logging.getLogger("fake_salesforce").addHandler(judge.log)
    return judge


def rows_of(ids: IdSource) -> Judge:
    """A new org with a few rows and jobs, whose log is nobody's yet."""
    fake = create_app(clock=FrozenClock(), ids=ids, org=OrgConfig(extra=EXTRA))
    judge = Judge(Caller(fake, fake.credentials(f"https://{HOST}")["access_token"]))
    caller, known = judge.caller, judge.known
    known["TOKEN"] = caller.token
    identity = caller.get("/services/oauth2/userinfo").json
    known |= {"USER": identity["user_id"], "ORG": identity["organization_id"]}
    known["ACCOUNT"] = caller.make("Account", Name="Acme", Key__c="k")
    known["OTHER"] = caller.make("Account", Name="Other", ParentId=known["ACCOUNT"])
    known["CONTACT"] = caller.make("Contact", LastName="Jones", AccountId=known["ACCOUNT"], Email="a@acme.example")
    known["LEAD"] = caller.make("Lead", LastName="Smith", Company="x")
    known["TASK"] = caller.make("Task", Subject="x", WhoId=known["CONTACT"], WhatId=known["ACCOUNT"])
    known["INGEST"] = caller.post("/jobs/ingest", {"object": "Account", "operation": "insert"}).json["id"]
    query = {"operation": "query", "query": "SELECT Id, Name FROM Account"}
    known["QUERYJOB"] = caller.post("/jobs/query", query).json["id"]
    session = {"X-SFDC-Session": caller.token}
    job = {"operation": "insert", "object": "Account", "contentType": "CSV"}
    at = "/services/async/60.0/job"
    known["JOB"] = caller.post(at, job, headers=session).json["id"]
    batch = caller.post(f"{at}/{known['JOB']}/batch", data=b"Name\nx\n", headers=session | CSV_HEADERS)
    known["BATCH"] = fromstring(batch.body).findtext("{*}id") or ""
    for _ in range(3):  # until they are done
        caller.get(f"/jobs/query/{known['QUERYJOB']}")
        caller.get(f"{at}/{known['JOB']}/batch/{known['BATCH']}", headers=session)
    caller.fake.store.mark_baseline()
    return judge


def exchange(fake: Any, sent: Sent) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to *sent*."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": sent.method,
        "PATH_INFO": sent.path.encode("utf-8", "surrogatepass").decode("latin-1"),
        "QUERY_STRING": sent.query.encode("utf-8", "surrogatepass").decode("latin-1"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": HOST,
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(sent.body),
        "wsgi.errors": io.StringIO(),
    }
    if sent.length is None:
        environ["wsgi.input_terminated"] = True
    else:
        environ["CONTENT_LENGTH"] = sent.length
    for name, value in sent.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    seen: list[Any] = []
    chunks = fake(environ, lambda status, found, exc=None: seen.extend([status, found]))
    body = b"".join(chunks)
    return int(seen[0][:3]), {name.lower(): value for name, value in seen[1]}, body


def form(sent: Sent, status: int, headers: dict[str, str], body: bytes) -> list[str]:
    """What is wrong with the form of an answer."""
    media = headers.get("content-type", "").partition(";")[0].lower()
    if status in _IN_FRONT or headers.get("content-encoding"):
        return []
    value: Any = None
    try:
        if media == "application/json" and body:
            value = json.loads(body, parse_constant=_refuse)
        elif media in {"application/xml", "text/xml"} and body and not _echoes(sent, status):
            value = fromstring(body)
        elif media in {"text/html", "text/plain", "text/javascript"}:
            body.decode()
    except ValueError as error:
        return [f"not {media}: {error}"]
    except SyntaxError as error:  # ParseError is one
        return [f"not {media}: {error}"]
    if status < 400 or sent.path.startswith("/services/oauth2/authorize"):
        return []
    if sent.path.startswith("/services/Soap/") and media == "text/xml":
        return [] if value is not None and value.find(".//{*}faultcode") is not None else ["no SOAP fault"]
    if status in _ANYWHERE and not sent.path.startswith("/services/async/"):
        return []
    return [] if _refused(sent, media, value) else [f"a refusal in another form: {media}"]


def _echoes(sent: Sent, status: int) -> bool:
    """The body of a batch is sent back as it came."""
    return sent.operation == "getBatchRequest" and status == 200


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _refused(sent: Sent, media: str, value: Any) -> bool:
    if sent.path.startswith("/services/data/"):
        if media == "application/xml":
            return str(value.tag) == "Errors" or _partial(sent)
        return _partial(sent) or (isinstance(value, list) and {"message", "errorCode"} <= set(value[0]))
    if sent.path.startswith("/services/async/"):
        if media == "application/json":
            return isinstance(value, dict) and {"exceptionCode", "exceptionMessage"} == set(value)
        return media == "application/xml" and value.find("{*}exceptionCode") is not None
    if sent.path.startswith("/services/oauth2/") and media == "application/json":
        return isinstance(value, dict) and "error" in value
    return sent.path.startswith(("/services/oauth2/", "/id/", "/setup/", "/services/data", "/.well-known/"))


# A path that is none, a method it does not take, what is not faked: said as everywhere, except below services/async.
_ANYWHERE = {404, 405, 501}


def _partial(sent: Sent) -> bool:
    """A tree tells what is wrong record by record."""
    return sent.operation == "createTree"

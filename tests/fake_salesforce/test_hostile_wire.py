"""Headers that say what cannot be, and bodies past the vendor's limits: refused in the form of the API called."""

from __future__ import annotations

import io
import time
import tracemalloc
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from fake_core.faults import Fault
from fake_core.journal import JOURNAL_BODY_BYTES_MAX

ASYNC = "/services/async/60.0/job"
TOKEN = "/services/oauth2/token"
SOAP = "/services/Soap/u/60.0"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEXT = {"Content-Type": "text/xml"}
LOGIN = (
    b"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><login><username>a</username>"
    b"<password>b</password></login></e:Body></e:Envelope>"
)


@pytest.mark.parametrize("length", ["²", "9" * 5_000, "x", "-1", "+5", "1_0", ""])
@pytest.mark.parametrize(
    ("path", "media"), [("/sobjects/Account", "application/json"), (TOKEN, FORM["Content-Type"]), (SOAP, "text/xml")]
)
def test_a_length_that_is_no_number(org: Any, path: str, media: str, length: str) -> None:
    """Servers let through what they read as a number; what they do not, a test's own client may say."""
    answer = org.post(path, data=b"{}", headers={"Content-Length": length, "Content-Type": media})

    assert answer.status in {400, 413, 500}
    assert "UNKNOWN_EXCEPTION" not in answer.text


def test_a_host_that_names_none(anyone: Any) -> None:
    """A bracket that is not closed is no host: log-in goes on without one."""
    anyone.host = "["

    assert 400 == anyone.post(TOKEN, data=b"grant_type=password", headers=FORM).status
    assert "INVALID_LOGIN" in anyone.post(SOAP, data=LOGIN, headers=TEXT).text


@pytest.mark.parametrize("path", ["/services/oauth2/introspect", "/services/oauth2/revoke", TOKEN])
@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {"Content-Length": "52428801"}])
def test_a_form_that_cannot_be_read(anyone: Any, path: str, headers: dict[str, str]) -> None:
    """OAuth refuses in the words of OAuth."""
    answer = anyone.post(path, data=b"grant_type=password", headers=FORM | headers)

    assert (400, "invalid_request") == (answer.status, answer.json["error"])


def test_numbers_that_are_none(org: Any) -> None:
    """A superscript two is a digit to Python, and no number."""
    job = org.post("/jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"}).json["id"]
    for _ in range(3):
        org.get(f"/jobs/query/{job}")
    headers = {"X-SFDC-Session": org.token, "Sforce-Enable-PKChunking": "chunkSize=²"}
    asked = {"operation": "query", "object": "Account", "contentType": "CSV"}

    assert 400 == org.get(f"/jobs/query/{job}/results", query={"maxRecords": "²"}).status
    assert 200 == org.get(f"/jobs/query/{job}/results", query={"maxRecords": "9" * 5_000}).status
    assert 201 == org.post(ASYNC, asked, headers=headers).status


def test_what_xml_cannot_say(org: Any) -> None:
    """A character that XML has not is replaced in the XML of Bulk API 1.0."""
    answer = org.get(f"{ASYNC}/\ufffe", headers={"X-SFDC-Session": org.token})

    assert "Invalid job id: \ufffd" == fromstring(answer.body).findtext("{*}exceptionMessage")


def test_the_method_in_the_query_is_for_rest(org: Any) -> None:
    """`_HttpMethod` replaces POST below services/data, and nowhere else."""
    assert 400 == org.post(f"{TOKEN}?_HttpMethod=DELETE", data=b"x=y", headers=FORM).status
    assert 500 == org.post(f"{SOAP}?_HttpMethod=GET", data=LOGIN, headers=TEXT).status
    assert "INVALID_LOGIN" in org.post(f"{SOAP}?_HttpMethod=GET", data=LOGIN, headers=TEXT).text


# --- limits -----------------------------------------------------------------------------------------


class _Wire(io.RawIOBase):
    """A body of *size* bytes that nobody holds: spaces after its *head*; `given` counts what was read."""

    def __init__(self, size: int, head: bytes) -> None:
        super().__init__()
        self._size = size
        self._head = head
        self.given = 0

    def read(self, size: int = -1, /) -> bytes:
        assert size >= 0, "the whole is asked for at once"
        count = min(size, self._size - self.given)
        found = self._head[self.given : self.given + count].ljust(count)
        self.given += count
        return found


MB = 1_048_576
JSON = "application/json"
LIMITS = {
    # path, media, limit of bytes, status, words of the refusal
    "row": ("POST", "/sobjects/Account", JSON, 50 * MB, 413, "REQUEST_TOO_LARGE"),
    "row in XML": ("POST", "/sobjects/Account", "application/xml", 50 * MB, 413, "REQUEST_TOO_LARGE"),
    "file": ("POST", "/sobjects/ContentVersion", "multipart/form-data; boundary=b", 50 * MB, 413, "REQUEST_TOO_LARGE"),
    "composite": ("POST", "/composite", JSON, 50 * MB, 413, "REQUEST_TOO_LARGE"),
    "graph": ("POST", "/composite/graph", JSON, 50 * MB, 413, "REQUEST_TOO_LARGE"),
    "tree": ("POST", "/composite/tree/Account", JSON, 50 * MB, 413, "REQUEST_TOO_LARGE"),
    "collection": ("POST", "/composite/sobjects", JSON, 50 * MB, 413, "REQUEST_TOO_LARGE"),
    "search": ("POST", "/parameterizedSearch", JSON, 50 * MB, 413, "REQUEST_TOO_LARGE"),
    "bulk 2 job": ("POST", "/jobs/ingest", JSON, 50 * MB, 413, "REQUEST_TOO_LARGE"),
    "bulk 2 upload": ("PUT", "/jobs/ingest/{two}/batches", "text/csv", 100 * MB, 400, "CLIENTINPUTERROR"),
    "bulk 1 job": ("POST", ASYNC, "application/xml", 100_000, 400, "ClientInputError"),
    "bulk 1 batch": ("POST", ASYNC + "/{one}/batch", "text/csv", 10_000_000, 400, "ClientInputError"),
    "SOAP": ("POST", SOAP, "text/xml", 50 * MB, 500, "EXCEEDED_MAX_SIZE_REQUEST"),
    "token": ("POST", TOKEN, FORM["Content-Type"], 50 * MB, 400, "invalid_request"),
    "authorize": ("POST", "/services/oauth2/authorize", FORM["Content-Type"], 50 * MB, 400, "invalid_request"),
}
HELD = JOURNAL_BODY_BYTES_MAX
SLACK = 2 * MB


def _send(org: Any, case: str, size: int, *, stated: bool) -> tuple[int, str, _Wire]:
    method, path, media, _, _, _ = LIMITS[case]
    if "{two}" in path:
        path = path.format(two=org.post("/jobs/ingest", {"object": "Account", "operation": "insert"}).json["id"])
    session = {"X-SFDC-Session": org.token}
    if "{one}" in path:
        job = {"object": "Account", "operation": "insert", "contentType": "CSV"}
        path = path.format(one=org.post(ASYNC, job, headers=session).json["id"])
    wire = _Wire(size, b"<x>" if "xml" in media else b'{"x":1}')
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path if path.startswith("/services") else f"/services/data/v60.0{path}",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "443",
        "HTTP_HOST": org.host,
        "HTTP_AUTHORIZATION": f"Bearer {org.token}",
        "HTTP_X_SFDC_SESSION": org.token,
        "CONTENT_TYPE": media,
        "wsgi.url_scheme": "https",
        "wsgi.input": wire,
    }
    if stated:
        environ["CONTENT_LENGTH"] = str(size)
    else:
        environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    seen: list[str] = []
    answer = b"".join(org.fake(environ, lambda status, _headers, _exc=None: seen.append(status)))
    return int(seen[0][:3]), answer.decode(), wire


@pytest.mark.parametrize("case", LIMITS)
def test_a_body_over_the_limit_is_refused_by_its_length(org: Any, case: str) -> None:
    """The vendor's refusal, before the body is read: no more than what the journal keeps of it."""
    _, _, _, limit, status, words = LIMITS[case]
    before = org.rows if "{" not in LIMITS[case][1] else None
    found, answer, wire = _send(org, case, max(limit, 9 * MB) + 1, stated=True)

    assert status == found, answer
    assert words in answer
    assert wire.given <= HELD
    assert before in {None, org.rows}


@pytest.mark.parametrize("case", ["row", "composite", "bulk 2 upload", "bulk 1 job", "bulk 1 batch", "SOAP", "token"])
def test_a_body_of_unstated_length_is_read_no_further_than_the_limit(org: Any, case: str) -> None:
    """A chunked body past the limit: the refusal, when the limit is passed, and no more memory than the limit."""
    _, _, _, limit, status, words = LIMITS[case]
    tracemalloc.start()
    found, answer, wire = _send(org, case, 4 * limit + 4 * MB, stated=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert status == found, answer
    assert words in answer
    assert wire.given <= limit + SLACK
    assert peak < 3 * min(limit, 50 * MB) + 16 * MB


def test_what_a_body_means_is_told_in_time(org: Any) -> None:
    """A fault that waits looks into bodies that nobody can read: each byte is looked at a few times at most."""
    org.fake.faults.add(Fault(kind="unavailable", verb="undelete"))
    started = time.process_time()
    for tag in (b"<Body ", b"<e:Body><x>" + b"<type ", b"<e:Body><x>" + b"<ids ", b"<sessionId "):
        org.post(SOAP, data=tag * 300_000, headers=TEXT)
    org.fake.exchanges()

    assert time.process_time() - started < 20  # of the processor: a reader that begins again at each tag takes minutes

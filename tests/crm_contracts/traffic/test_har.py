"""HAR files of ours: whole after every exchange, without secrets, and read back as they were written."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm_contracts.capsules.intake.blacking import Secrets
from crm_contracts.capsules.intake.callers import Callers
from crm_contracts.capsules.intake.exchange import Tally
from crm_contracts.capsules.intake.har import read_hars
from crm_contracts.integration.parsed import ParsedCall
from crm_contracts.traffic import WITHHELD, Call
from crm_contracts.traffic.har import HarFile, read, write
from fake_core.errors import MisuseError

AT = datetime(2026, 11, 21, 12, 0, 0, 250_000, tzinfo=UTC)
CALLS = [
    Call(
        number=1,
        at=AT,
        vendor="salesforce",
        method="POST",
        url="https://acme.my.salesforce.com/services/data/v60.0/sobjects/Task?a=%C3%A9&b=",
        request_headers=(("content-type", "application/json"),),
        request='{"Subject": "Käse"}'.encode(),
        status=201,
        response_headers=(
            ("set-cookie", "a=secret-0"),
            ("set-cookie", "b=secret-0"),
            ("content-type", "application/json"),
        ),
        response=b'{"id":"00T000000000001AAA"}',
        seconds=0.125,
    ),
    Call(
        number=2,
        at=AT,
        vendor="planhat",
        method="GET",
        url="http://127.0.0.1:8444/tasks",
        status=200,
        response=bytes(range(256)),
    ),
    Call(number=3, at=AT, vendor="planhat", method="GET", url="http://127.0.0.1:8444/tasks"),
]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Headers of one name, texts, binary bodies, calls without an answer and vendors come back as they were."""
    file = tmp_path / "x.har"
    write(file, CALLS, source="a test", date="2026-11-21")
    found = read(file)
    assert CALLS == found.calls
    assert ("a test", "2026-11-21", {}) == (found.source, found.date, found.left)
    log = json.loads(file.read_text())["log"]
    assert ("1.2", "understudy", "a test; 2026-11-21") == (log["version"], log["creator"]["name"], log["comment"])
    assert {"name": "a", "value": "é"} == log["entries"][0]["request"]["queryString"][0]
    assert 125.0 == log["entries"][0]["time"] == log["entries"][0]["timings"]["wait"]


def test_a_file_is_whole_after_every_exchange(tmp_path: Path) -> None:
    """Whoever reads the file between two exchanges finds a HAR with those so far."""
    file = tmp_path / "x.har"
    growing = HarFile(file, source="a test", date="2026-11-21")
    assert [] == read(file).calls
    for count, call in enumerate(CALLS, 1):
        growing.add(call)
        assert CALLS[:count] == [replace(one, number=n) for n, one in enumerate(read(file).calls, 1)]
    growing.rewrite(CALLS[:1])
    growing.add(CALLS[1])
    assert CALLS[:2] == read(file).calls
    assert [file] == list(tmp_path.iterdir())


def test_a_file_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    """Of a file of ours that was cut anywhere in its last entry, all before it are read, and that one is counted."""
    file, cut = tmp_path / "x.har", tmp_path / "cut.har"
    write(file, CALLS, source="a test", date="2026-11-21")
    raw = file.read_bytes()
    begins = raw.rindex(b"\n{")
    for end in (begins + 2, begins + 100, len(raw) - 6):
        cut.write_bytes(raw[:end])
        assert CALLS[:2] == read(cut).calls
        assert {"broken: no request or no URL": 1} == read(cut).left
    cut.write_bytes(raw[: len(raw) - 3])
    assert (CALLS, {}) == (read(cut).calls, read(cut).left)


def test_a_call_that_shows_a_secret_is_not_written(tmp_path: Path) -> None:
    """The file is as it was, and the message says what to do."""
    file = tmp_path / "x.har"
    growing = HarFile(file, source="a test", date="2026-11-21")
    with pytest.raises(MisuseError, match="shows a secret, and is not written: scrub"):
        growing.add(replace(CALLS[0], request_headers=[("authorization", "Bearer abcdefghijkl")]))
    assert [] == read(file).calls
    with pytest.raises(MisuseError, match="cannot be written"):
        write(tmp_path / "no" / "x.har", CALLS, source="a test", date="2026-11-21")


def test_what_others_write_is_read_and_what_is_broken_is_counted(tmp_path: Path) -> None:
    """Entries of other recorders are calls; broken ones, and those to other hosts, are counted and left."""
    file = tmp_path / "x.har"
    entry = {
        "startedDateTime": 1_763_726_400_250,
        "request": {
            "method": "post",
            "url": "https://acme.my.salesforce.com/services/data",
            "postData": {"mimeType": "text/x", "params": [{"name": "retURL", "value": "ä"}]},
            "headers": [{"name": "Accept", "value": "*/*"}],
        },
        "response": {
            "status": 200,
            "headers": [{"name": "Content-Encoding", "value": "gzip"}],
            "content": {"text": "e30=", "encoding": "base64"},
        },
    }
    other = {"request": {"url": "https://example.com/"}}
    file.write_text(json.dumps({"log": {"entries": [entry, 7, other, {"request": {"url": "http://[/"}}]}}))
    found = read(file)
    (call,) = found.calls
    assert ("POST", b"retURL=%C3%A4", b"{}", 200) == (call.method, call.request, call.response, call.status)
    assert ("*/*", "text/x") == (call.header("accept"), call.header("content-type"))
    assert call.answered("content-encoding") is None
    assert {"broken: no request or no URL": 1, "broken: no URL": 1, "to other hosts": 1} == found.left
    assert 2 == len(read(file, vendor="planhat").calls)
    assert "planhat" == read(file, hosts={"example.com": "planhat"}).calls[1].vendor


def test_a_body_that_is_not_there_or_cannot_be_unpacked_is_told(tmp_path: Path) -> None:
    """The call stays, and did not break off; what is unpacked is read, whatever its header says."""
    text, raw = '{"Id":"1"}', b"\x8b\x04\x80{}\x03"
    contents = {
        "": {"text": base64.b64encode(text.encode()).decode(), "encoding": "base64"},
        "compressed with br, which is not unpacked here": {
            "text": base64.b64encode(raw).decode(),
            "encoding": "base64",
        },
        "the file has none (export with content)": {"size": 60},
    }
    asked = {"method": "POST", "url": "https://acme.my.salesforce.com/services/data/v60.0/sobjects/Task"}
    headers = [{"name": "content-encoding", "value": "br"}, {"name": "content-length", "value": "60"}]
    entries = [
        {"startedDateTime": at, "request": asked, "response": {"status": 201, "headers": headers, "content": one}}
        for at, one in enumerate(contents.values(), 1_763_726_400)
    ]
    file = tmp_path / "x.har"
    file.write_text(json.dumps({"log": {"entries": entries}}))
    calls = read(file).calls
    assert [(text.encode(), None), *((b"", why) for why in list(contents)[1:])] == [
        (call.response, call.answered(WITHHELD)) for call in calls
    ]
    assert [None, None, None] == [call.answered("content-encoding") for call in calls]
    assert [False, False] == [ParsedCall(call).lost for call in calls[1:]]
    write(file, calls[1:], source="a test", date="2026-11-21")
    tally = Tally()
    again = read_hars([file], tally=tally, secrets=Secrets(), callers=Callers())
    assert list(contents)[1:] == [one.response_unread for one in again]


@pytest.mark.parametrize(
    ("text", "told"),
    [("[]", "no HAR file"), ("{", "broken JSON"), ('{"log": {"entries": {}}}', "no HAR file"), ("\xff", "no UTF-8")],
)
def test_what_is_no_har_is_refused_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    """The file and what is wrong are named."""
    file = tmp_path / "x.har"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(MisuseError, match=told) as refused:
        read(file)
    assert "\n" not in str(refused.value)


def test_our_files_can_become_capsules(tmp_path: Path) -> None:
    """`understudy capsule from-har` reads what `understudy record` writes."""
    file = tmp_path / "x.har"
    write(file, CALLS[:2], source="a test", date="2026-11-21")
    tally = Tally()
    exchanges = read_hars(
        [file], tally=tally, secrets=Secrets(), callers=Callers(), hosts={"127.0.0.1:8444": "planhat"}
    )
    assert [("salesforce", 201), ("planhat", 200)] == [(one.vendor, one.status) for one in exchanges]

"""The data of Bulk 2.0 jobs: CSV in every dialect, and what fails a job."""

from __future__ import annotations

import gzip
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fake_salesforce.bulk2 import CSV, load, new_job
from tests.fake_salesforce.conftest import Caller

from fake_salesforce.operations.bulk import csvtext

MARKS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
ENDS = {"LF": "\n", "CRLF": "\r\n"}
REFUSED = "INVALID_FIELD:Failed to deserialize field at"
LONG = (
    "InvalidBatch : Failed to parse CSV. Exceeded max length for one record: 480000. Max length for one record should "
    "be less than or equal to 400000"
)
ANY_TEXT = st.text(alphabet=st.sampled_from('a,;|\t`^"\n\r é😀'), max_size=6)


@pytest.mark.evidence("documented", "Bulk API 2.0 Developer Guide v67, Prepare CSV Files")
@pytest.mark.ledger("salesforce/shape/bulk-delimiters", "salesforce/shape/bulk-line-endings")
@pytest.mark.parametrize("ending", ENDS)
@pytest.mark.parametrize("mark", MARKS)
def test_dialects(org: Caller, mark: str, ending: str) -> None:
    """Every delimiter and line end; results come in the dialect of the data."""
    sep, end = MARKS[mark], ENDS[ending]
    row = f'"a{sep}b","c{end}""d"""'.replace(",", sep, 1) if sep != "," else f'"a,b","c{end}""d"""'
    data = f"Name{sep}Description{end}{row}{end}"
    job = load(org, "Account", data, columnDelimiter=mark, lineEnding=ending)
    assert "JobComplete" == job.finish()["state"]
    made = org.soql("SELECT Name, Description FROM Account")[0]
    results = org.get(f"{job.path}/successfulResults").body.decode()

    assert (f"a{sep}b", f'c{end}"d"') == (made["Name"], made["Description"])
    assert results.startswith(sep.join(['"sf__Id"', '"sf__Created"', '"Name"', '"Description"']) + end)
    assert results.endswith(f"{sep}{row}{end}")


@pytest.mark.evidence("client-derived", "errorMessage of failed jobs, quoted by clients")
@pytest.mark.parametrize(
    ("data", "more", "message"),
    [
        (
            "Name\r\nA\r\n",
            {},
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF",
        ),
        (
            "Name\nA\n",
            {"lineEnding": "CRLF"},
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF",
        ),
        ("Name,Foo__c\nA,1\n", {}, "InvalidBatch : Field name not found : Foo__c"),
        ("Name;Phone\nA;1\n", {}, "InvalidBatch : Field name not found : Name;Phone"),
        ("Name,Nope.Key__c\nA,1\n", {}, "InvalidBatch : Field name not found : Nope.Key__c"),
        ("Name,Parent.Phone\nA,1\n", {}, "InvalidBatch : Field name not found : Parent.Phone"),
        ("Name,BillingAddress\nA,1\n", {}, "InvalidBatch : Field name not found : BillingAddress"),
        (
            'Name\nsay "A"\n',
            {},
            "InvalidBatch : Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote",
        ),
        (
            'Name, Phone\n"A", "1"\n',
            {},
            "InvalidBatch : Field name not found :  Phone",
        ),
        ('Name\n"A"b\n', {}, "InvalidBatch : Failed to parse CSV. Not expecting more text after end quote"),
        ('Name\n"A\nB\n', {}, "InvalidBatch : Failed to parse CSV. EOF reached before closing an opened quote"),
        (
            "Name\n" + "x" * 131_073 + "\n",
            {},
            "InvalidBatch : Failed to parse CSV. Exceeded max field size: 131073",
        ),
        (
            "Name,Phone,Fax,Site\n" + ",".join(["x" * 120_000] * 4) + "\n",
            {},
            LONG,
        ),
        (
            ",".join(["Name"] * 5_001) + "\nA\n",
            {},
            "InvalidBatch : Failed to parse CSV. Exceeded max number of columns per record : 5000",
        ),
    ],
)
def test_what_fails_a_job(org: Caller, data: str, more: dict[str, str], message: str) -> None:
    """The job fails, nothing is saved, all rows are unprocessed."""
    job = load(org, "Account", data, **more)
    info = job.finish()

    assert ("Failed", message) == (info["state"], info["errorMessage"])
    assert [] == org.soql("SELECT Id FROM Account")
    assert data.encode() == org.get(f"{job.path}/unprocessedrecords").body


@pytest.mark.evidence("client-derived", "simple-salesforce checks it before it sends")
@pytest.mark.parametrize("operation", ["delete", "hardDelete"])
def test_deletes_take_ids_alone(org: Caller, operation: str) -> None:
    """Any other column fails the job."""
    job = load(org, "Account", "Id,Name\n001000000000000AAA,A\n", operation)

    assert f"InvalidBatch : The '{operation}' batch must contain only ids" == job.finish()["errorMessage"]


def test_more_cells_than_columns(org: Caller) -> None:
    """Fails the job; fewer cells leave the rest of their columns empty."""
    assert "Failed" == load(org, "Account", "Name,Phone\nA,1,2\n").finish()["state"]
    assert "Failed" == load(org, "Account", "Name,Name\nA,1\n").finish()["state"]
    assert 0 == load(org, "Account", "Name,Phone\nA\n").finish()["numberRecordsFailed"]


def test_empty_data(org: Caller) -> None:
    """A header alone is a job without rows; nothing at all fails it."""
    assert ("JobComplete", 0) == (
        (info := load(org, "Account", "Name").finish())["state"],
        info["numberRecordsProcessed"],
    )
    assert "JobComplete" == load(org, "Account", "Name\n\n\n").finish()["state"]
    assert "Failed" == load(org, "Account", "").finish()["state"]


def test_marks_at_the_edges(org: Caller) -> None:
    """A byte order mark is no part of the header; bytes that are no UTF-8 become U+FFFD; the last line may be open."""
    load(org, "Account", b"\xef\xbb\xbfName\nA\xff\nB").finish()

    assert ["A\N{REPLACEMENT CHARACTER}", "B"] == sorted(row["Name"] for row in org.soql("SELECT Name FROM Account"))


def test_packed_and_chunked(org: Caller) -> None:
    """An upload may be gzipped."""
    job = new_job(org, "Account")
    packed = {**CSV, "Content-Encoding": "gzip"}

    assert 201 == org.call("PUT", f"{job.path}/batches", data=gzip.compress(b"Name\nA\n"), headers=packed).status
    job.change("UploadComplete")
    assert 1 == job.finish()["numberRecordsProcessed"]
    assert 400 == org.call("PUT", f"{new_job(org, 'Account').path}/batches", data=b"A", headers=packed).status


@pytest.mark.evidence("client-derived", "row error quoted in SFDO-Tooling/Snowfakery #793")
def test_cells_that_cannot_be_read(org: Caller) -> None:
    """The refusal names the column, from 0, and the type as XML Schema does."""
    job = load(org, "Opportunity", "Name,StageName,CloseDate,Amount\nA,B,1/2/2026,1\nA,B,2026-01-02,x\n")
    job.finish()

    assert [
        f"{REFUSED} col 2. Due to, '1/2/2026' is not a valid value for the type xsd:date:CloseDate --",
        f"{REFUSED} col 3. Due to, 'x' is not a valid value for the type xsd:double:Amount --",
    ] == [row[1] for row in job.rows("failedResults")[1:]]


@given(rows=st.lists(st.lists(ANY_TEXT, min_size=2, max_size=3), max_size=20), rows_max=st.integers(1, 4))
def test_cut_and_read_gives_what_was_written(rows: list[list[str]], rows_max: int) -> None:
    """However a text is cut, each piece holds whole rows, at most so many, and together they are all of it."""
    data = csvtext.write(rows, ",", "\n")
    pieces = list(csvtext.cut(io.BytesIO(data), rows_max=rows_max))
    read = [row for piece in pieces for row in csvtext.rows(piece.body.decode(), ",", "\n")]

    assert data == b"".join(piece.body for piece in pieces)
    assert all(piece.rows <= rows_max for piece in pieces)
    assert [[cell.replace("\r\n", "\n").replace("\r", "") for cell in row] for row in rows] == [
        [cell.replace("\r\n", "\n").replace("\r", "") for cell in row] for row in read
    ]


@given(text=st.text(alphabet=st.sampled_from('ab,"\n\r'), max_size=30))
def test_any_text_is_rows_or_refused(text: str) -> None:
    """No text is neither."""
    with suppress(csvtext.BrokenCsv):
        list(csvtext.rows(text, ",", "\n"))


@given(st.text(alphabet=st.sampled_from('ab",\n '), max_size=14))
def test_stray_quotes_are_found_on_every_python(text: str) -> None:
    """As a reader by hand finds them; `re` of a Python before 3.11.5 passed over some."""
    refused = None
    try:
        list(csvtext.rows(text, ",", "\n"))
    except csvtext.BrokenCsv as error:
        refused = error.key.removeprefix("InvalidBatch.")

    assert by_hand(text) == refused


def by_hand(text: str) -> str | None:
    """Why a text is refused, found letter by letter."""
    at = 0
    while at < len(text):
        quoted = text[at] == '"'
        if quoted:
            at += 1
            while text[at : at + 1] != '"' or text[at : at + 2] == '""':
                if at >= len(text):
                    return "unclosed_quote"
                at += 2 if text[at] == '"' else 1
            at += 1
        begun = at
        while text[at : at + 1] not in ("", ",", "\n"):
            if not quoted and text[at] == '"':
                return "stray_quote"
            at += 1
        if quoted and at > begun:
            return "after_quote"
        at += 1
    return None

"""What is around every answer: compression, headers, methods, paths, parser texts."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from datetime import timedelta
from typing import Any

import pytest

DATA = "/services/data/v60.0"
HOST = "understudy.my.salesforce.com"


@pytest.fixture
def long_path(org: Any) -> str:
    """A row whose JSON is worth compressing."""
    return f"/sobjects/Account/{org.make('Account', Name='x', Description='word ' * 500)}"


def _unpacked(body: bytes, encoding: str | None) -> bytes:
    if encoding is None:
        return body
    return gzip.decompress(body) if encoding == "gzip" else zlib.decompress(body)


@pytest.mark.evidence("documented", "REST API Developer Guide, Compression Headers: Response Compression")
@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("gzip", "gzip"),
        ("deflate", "deflate"),
        ("gzip, deflate", "gzip"),
        ("deflate, gzip;q=1.0", "gzip"),
        ("gzip;q=0, deflate", "deflate"),
        ("GZIP", "gzip"),
        ("br", None),
        ("identity", None),
        ("gzip;q=0", None),
    ],
)
def test_an_answer_is_compressed_for_who_takes_it(org: Any, long_path: str, accept: str, encoding: str | None) -> None:
    """The same bytes after unpacking; headers say how, and how long."""
    plain = org.get(long_path)
    packed = org.get(long_path, headers={"Accept-Encoding": accept})

    assert encoding == packed.headers.get("content-encoding")
    assert ("Accept-Encoding", str(len(packed.body))) == (packed.headers["vary"], packed.headers["content-length"])
    assert plain.body == _unpacked(packed.body, encoding)
    if encoding:
        assert len(packed.body) < len(plain.body)


@pytest.mark.evidence("documented", "REST API Developer Guide, Conditional Request Headers: tags that end in -gzip")
def test_the_tag_of_a_compressed_row(org: Any, long_path: str) -> None:
    """It says that it is compressed, and is a condition like the other."""
    plain = org.get(long_path).headers["etag"]
    packed = org.get(long_path, headers={"Accept-Encoding": "gzip"}).headers["etag"]

    assert packed == f'{plain[:-1]}-gzip"'
    assert 304 == org.get(long_path, headers={"If-None-Match": packed}).status
    assert 204 == org.patch(long_path, {"Phone": "1"}, headers={"If-Match": packed}).status


def test_small_answers_and_answers_without_a_body_stay_plain(org: Any, long_path: str) -> None:
    """Nothing is gained by packing them."""
    headers = {"Accept-Encoding": "gzip"}

    for answer in (
        org.get("/query?q=SELECT+Id+FROM+Task", headers=headers),
        org.patch(long_path, {"Phone": "1"}, headers=headers),
        org.call("HEAD", long_path, headers=headers),
        org.get("/nope", headers=headers),
    ):
        assert "content-encoding" not in answer.headers


def test_the_journal_keeps_an_answer_unpacked(org: Any, long_path: str) -> None:
    """What was told can be read there."""
    org.get(long_path, headers={"Accept-Encoding": "gzip"})

    assert "word word" in str(org.fake.exchanges()[-1])


@pytest.mark.evidence("documented", "REST API Developer Guide, Compression Headers: Request Compression")
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_request(org: Any, encoding: str) -> None:
    """It is unpacked before it is read."""
    text = b'{"Name":"packed"}'
    body = gzip.compress(text) if encoding == "gzip" else zlib.compress(text)
    answer = org.post("/sobjects/Account", data=body, headers={"Content-Encoding": encoding})

    assert (201, "packed") == (answer.status, org.row("Account", answer.json["id"])["Name"])


# --- headers ----------------------------------------------------------------------------------------


def raw(org: Any, method: str, path: bytes, body: bytes = b"", host: str = HOST) -> tuple[int, list[tuple[str, str]]]:
    """Status and headers of a request with exactly these bytes as its path."""
    seen: list[Any] = []
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path.decode("latin-1"), "QUERY_STRING": "", "SERVER_NAME": "x",
        "SERVER_PORT": "443", "wsgi.url_scheme": "https", "HTTP_AUTHORIZATION": f"Bearer {org.token}",
        "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json",
        "HTTP_HOST": host,
    }  # fmt: skip
    b"".join(org.fake(environ, lambda status, headers: seen.extend((status, headers))))
    return int(seen[0][:3]), seen[1]


def cookies(org: Any, path: str, host: str = HOST) -> list[str]:
    """The Set-Cookie headers of an answer, in order."""
    return [value for name, value in raw(org, "GET", path.encode(), host=host)[1] if name == "Set-Cookie"]


@pytest.mark.evidence("recorded", "OpenStax cassettes 2024 and heroku/sf-functions-python: Set-Cookie")
def test_cookies(org: Any) -> None:
    """Three of them, the same for the org, a year long."""
    first = cookies(org, f"{DATA}/limits")

    names = ["BrowserId", "CookieConsentPolicy", "LSKey-c$CookieConsentPolicy"]
    assert names == [one.partition("=")[0] for one in first]
    assert re.fullmatch(
        r"BrowserId=[\w-]{22}; domain=\.salesforce\.com; path=/; expires=\w{3}, \d\d \w{3} 2027 09:00:00 GMT; "
        r"Max-Age=31536000",
        first[0],
    )
    assert first == cookies(org, f"{DATA}/nope")
    org.clock.set(org.clock.now() + timedelta(seconds=5))
    assert [one.partition(";")[0] for one in first] == [one.partition(";")[0] for one in cookies(org, DATA)]
    assert first != cookies(org, DATA)


@pytest.mark.evidence("client-derived", "faye's cookie jar ends the process at a cookie for another domain")
@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "notsalesforce.com", "x.salesforce.com.example"])
def test_cookies_of_other_hosts(org: Any, host: str) -> None:
    """The vendor's domain is named to the vendor's hosts only."""
    assert [True, False] == ["domain=" in cookies(org, DATA, each)[0] for each in ("login.salesforce.com:443", host)]


@pytest.mark.evidence("recorded", "OpenStax cassettes 2024: X-SFDC-Edge-Cache on GET")
def test_edge_cache(org: Any) -> None:
    """On GET only."""
    assert "MISS" == org.get("/limits").headers["x-sfdc-edge-cache"]
    assert "x-sfdc-edge-cache" not in org.post("/sobjects/Account", {"Name": "x"}).headers


@pytest.mark.evidence("documented", "limits sheet Summer '26: URI and headers together 16,384 bytes")
def test_names_of_headers_count(org: Any) -> None:
    """Many short headers are as long as one long one."""
    few = {f"X-{'n' * 60}-{number}": "1" for number in range(100)}
    many = {f"X-{'n' * 60}-{number}": "1" for number in range(300)}

    assert [200, 431] == [org.get("/limits", headers=headers).status for headers in (few, many)]


@pytest.mark.parametrize("value", ["1", "true"])
def test_pretty_everywhere(org: Any, value: str) -> None:
    """Rows, lists, refusals; the subrequests of a composite are part of its answer."""
    headers = {"X-PrettyPrint": value}

    assert org.get("/nope", headers=headers).text.startswith('[ {\n  "errorCode" : "NOT_FOUND",')
    assert org.post("/composite", {"compositeRequest": []}, headers=headers).text == '{\n  "compositeResponse" : [ ]\n}'
    assert org.post("/sobjects/Account", {"Name": "x"}, headers=headers).text.startswith('{\n  "id" : ')


# --- methods ----------------------------------------------------------------------------------------


@pytest.mark.evidence("documented", "REST API Developer Guide, REST API Architecture: _HttpMethod is case-sensitive")
def test_the_method_in_the_query(org: Any) -> None:
    """POST becomes what it names; another spelling leaves it a POST."""
    record_id = org.make("Account", Name="x")
    path = f"/sobjects/Account/{record_id}"

    assert 405 == org.post(f"{path}?_HttpMethod=patch", {"Phone": "1"}).status
    assert 405 == org.post(f"{path}?_httpmethod=PATCH", {"Phone": "1"}).status
    assert 204 == org.post(f"{path}?_HttpMethod=PATCH", {"Phone": "1"}).status
    assert "1" == org.post(f"{path}?_HttpMethod=GET&fields=Phone").json["Phone"]
    assert 204 == org.post(f"{path}?_HttpMethod=DELETE").status
    assert 200 == org.get("/limits?_HttpMethod=DELETE").status


@pytest.mark.parametrize(
    "path",
    ["", "/limits", "/sobjects", "/sobjects/Account", "/sobjects/Account/describe", "/query?q=SELECT+Id+FROM+Task",
     "/composite", "/limits/recordCount", "/composite/sobjects/Account?ids=x&fields=Id"],
)  # fmt: skip
def test_head(org: Any, path: str) -> None:
    """As GET, without the body."""
    whole, head = org.get(path), org.call("HEAD", path)

    assert (whole.status, b"") == (head.status, head.body)
    for name in ("content-type", "content-length"):
        assert whole.headers[name] == head.headers[name]


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "QUERY", "PROPFIND"])
def test_other_methods(org: Any, method: str) -> None:
    """405 with the methods there are; nobody is let in from another origin."""
    answer = org.call(method, "/sobjects/Account", headers={"Origin": "https://example.com"})

    assert (405, "METHOD_NOT_ALLOWED") == answer.error[:2]
    assert "GET,HEAD,POST" == answer.headers["allow"]
    assert not [name for name in answer.headers if name.startswith("access-control")]


# --- paths ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/limits", "/sobjects", "/sobjects/Account", "/sobjects/Account/describe", "/query?q=SELECT+Id+FROM+Task",
     "/queryAll?q=SELECT+Id+FROM+Task", "/composite", "/limits/recordCount",
     "/composite/sobjects/Account?ids=x&fields=Id",
     "/sobjects/Account/updated?start=2026-01-01T00:00:00Z&end=2026-01-06T00:00:00Z"],
)  # fmt: skip
def test_a_slash_at_the_end(org: Any, path: str) -> None:
    """Every resource is there with it and without."""
    stem, mark, query = path.partition("?")

    assert [200, 200] == [org.get(one).status for one in (path, f"{stem}/{mark}{query}")]


@pytest.mark.parametrize(
    "path",
    [
        b"/sobjects/Account/\x00",
        b"/sobjects/\xff\xfe",
        b"/sobjects/Account/Key__c/\xff",
        b"/sobjects/Account/Key__c/\x00",
        b"/\x00",
        b"/query/\xc3\x28",
        b"/composite/tree/\xff",
        b"/sobjects/Account/\xed\xa0\x80/Contacts",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "POST"])
def test_bytes_that_are_no_text(org: Any, path: bytes, method: str) -> None:
    """NUL and broken UTF-8 in a path are refused like any name that is not there."""
    before = org.rows
    status, _ = raw(org, method, DATA.encode() + path, b'{"Name":"x"}')

    assert status in {400, 404, 405} or (method, status) == ("PATCH", 201)  # an external id may hold anything
    assert (status != 201) == (before == org.rows)


# --- parser texts -----------------------------------------------------------------------------------


MINUS = "in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value"
BROKEN = {
    '{"a":01}': "Invalid numeric value: Leading zeroes not allowed at [line:1, column:8]",
    '{"a":-01}': "Invalid numeric value: Leading zeroes not allowed at [line:1, column:9]",
    '{"a":"NaN",\n"b":NaN}': "Non-standard token 'NaN': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow "
    "at [line:2, column:8]",
    '{"a":-Infinity}': f"Unexpected character ('I' (code 73)) {MINUS} at [line:1, column:8]",
    '{"a":1.}': "Unexpected character ('}' (code 125)) in numeric value: Decimal point not followed by a digit "
    "at [line:1, column:8]",
    '{"a":1e}': "Unexpected character ('}' (code 125)) in numeric value: Exponent indicator not followed by a digit "
    "at [line:1, column:8]",
    '{"a":-x}': f"Unexpected character ('x' (code 120)) {MINUS} at [line:1, column:7]",
    '{"a":': "Unexpected end-of-input within/between OBJECT entries at [line:1, column:6]",
    '{"a":[{"b":"]"}\n': "Unexpected end-of-input: expected close marker for ARRAY (from [line:1, column:5]) "
    "at [line:2, column:1]",
    '{"a":1 "b":2}': "Unexpected character ('\"' (code 34)): was expecting comma to separate OBJECT entries "
    "at [line:1, column:9]",
    '{"a":[1 2]}': "Unexpected character ('2' (code 50)): was expecting comma to separate ARRAY entries "
    "at [line:1, column:10]",
}


@pytest.mark.parametrize("body", BROKEN)
def test_broken_json(org: Any, body: str) -> None:
    """The words of Jackson, with line and column."""
    assert (400, "JSON_PARSER_ERROR", BROKEN[body]) == org.post("/sobjects/Account", data=body.encode()).error


def test_a_key_given_twice(org: Any) -> None:
    """The later value counts."""
    made = org.post("/sobjects/Account", data=b'{"Name":"a","Name":"b"}').json["id"]

    assert "b" == org.row("Account", made)["Name"]

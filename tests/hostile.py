"""What no decent client sends, as Hypothesis strategies: calls with any path, query, header and body, made of a fake's
own table of routes; and what must hold of every answer.

Most of a call is right in two of three, so that hostile parts come to where a call is carried out, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_from_bytes

from hypothesis import strategies as st

from fake_core import Fake, InProcess

Route = tuple[str, str, str, Any]
_PLACE = re.compile(r"<[^>]*?(\w+)>")
_SIGNED_64 = 2**63
HUGE = (_SIGNED_64 - 1, _SIGNED_64, -_SIGNED_64 - 1, 10**18, 10**30, 10**4_000, -1, 0)
EVIL = "x\r\nX-Evil: 1"


@dataclass(frozen=True)
class Call:
    """One call as it goes out: *path* is quoted and has its query."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def ask(fake: Fake, host: str, call: Call, *credentials: tuple[str, str]) -> Answer:
    """*call*, in this process, with *credentials* before its own headers. What our code raises passes through."""
    network = InProcess([fake])
    headers = [*credentials, *call.headers]
    status, _, answered, body = network.send(fake, call.method, host + call.path, headers=headers, body=call.body)
    return Answer(status, answered, body)


def fair(call: Call, answer: Answer) -> None:
    """No answer is a failure of ours, none carries a header that the client wrote, and JSON is JSON in UTF-8."""
    assert answer.status < 500, (call, answer)
    names = {name.lower(): value for name, value in answer.headers}
    assert "x-evil" not in names
    assert not any(mark in f"{name}{value}" for name, value in answer.headers for mark in "\r\n\0")
    if answer.body and "json" in names["content-type"]:
        json.loads(answer.body.decode("utf-8"))


TEXTS = (
    ["\0", "\ud800", "\U0010ffff", EVIL, "x" * 20_000, "' OR 1=1 --", "9" * 400, "-1", "1e3", "NaN", "٣", "true", " ",
     "0001-01-01", "9999-12-31", "2026-02-30", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]
)  # fmt: skip
SEGMENTS = (
    ["%00", "%ff%fe", "%ED%A0%80", "%0d%0aX-Evil:%201", "%2e%2e", "%2F", "%25", "..", "'", "%7B%7D", "x" * 3_000, "%20",
     *(quote(str(one)[:400]) for one in HUGE)]
)  # fmt: skip
_texts = st.text(max_size=8) | st.sampled_from(TEXTS)
_scalars = (
    st.none() | st.booleans() | st.integers() | st.sampled_from(HUGE) | st.floats(allow_nan=True) | _texts
)  # fmt: skip
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
_deep = st.builds(lambda depth, pair: pair[0] * depth + "1" + pair[1] * depth,
    st.integers(1, 1_200), st.sampled_from([("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")]))  # fmt: skip
_segments = st.sampled_from(SEGMENTS) | st.binary(min_size=1, max_size=6).map(quote_from_bytes)
_types = st.sampled_from(
    ["application/json", "application/json; charset=utf-16", "application/x-www-form-urlencoded", "text/plain", "",
     "multipart/form-data; boundary=b", "multipart/form-data", "application/xml", "a/b+json", ";;=", "\xff", "/"]
)  # fmt: skip
_others = st.sampled_from(
    [("Accept", "\xff"), ("X-Method-Override", "DELETE"), ("Range", "bytes=-1"), ("If-Match", "*"), ("Cookie", "=;="),
     ("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip"), ("X-Forwarded-Host", "evil.example")]
)  # fmt: skip


def calls(
    routes: Iterable[Route], *, places: Mapping[str, Sequence[Any]], right: Mapping[str, Mapping[str, Any]]
) -> st.SearchStrategy[Call]:
    """Calls of *routes*; *places* are right values of the places in a path.

    *right* are, by operationId, fields of a call that is carried out; without a body they stand in the query.
    """
    table = [(method, path, right.get(name, {})) for method, path, name, _ in routes]
    names = sorted({name for fields in right.values() for name in fields} | {"x"})

    @st.composite
    def call(draw: st.DrawFn) -> Call:
        method, pattern, given = draw(st.sampled_from(table))
        near = draw(st.integers(0, 2)) > 0  # one or two things are wrong, or none; else anything may be

        def place(found: re.Match[str]) -> str:
            own = [quote(str(one)) for one in places.get(found[1], ["x"])]
            return str(draw(st.sampled_from(own) if near or draw(st.booleans()) else _segments))

        path = _PLACE.sub(place, pattern)
        fields = dict(given) if near or draw(st.booleans()) else {}
        some = [*fields, "x"] if near else names
        fields |= draw(st.dictionaries(st.sampled_from(some), _values, max_size=2 if near else 6))
        for name in draw(st.lists(st.sampled_from(some), max_size=1)):
            fields.pop(name, None)
        if method in _WITHOUT_BODY:
            pairs = [f"{quote(name)}={quote(_text_of(value), errors='replace')}" for name, value in fields.items()]
            query = "&".join([*pairs, draw(st.sampled_from(_QUERY_ENDS))] if not near else pairs)
            return Call(draw(_method(method, near=near)), f"{path}?{query}" if query else path)
        kind, body = draw(_bodies(fields, near=near))
        headers = [("Content-Type", kind if near else draw(_types)), *draw(st.lists(_others, max_size=1))]
        query = draw(st.sampled_from(["", "create_new=true"] if near else ["", *_QUERY_ENDS]))
        path = f"{path}?{query}" if query and ("records" in path or not near) else path
        return Call(draw(_method(method, near=near)), path, tuple(headers), body)

    return call()


def slips(
    routes: Iterable[Route], *, places: Mapping[str, Sequence[Any]], right: Mapping[str, Mapping[str, Any]]
) -> Iterator[Call]:
    """Every call that is right but for one value, in a place of its path or in a field, as of `calls`."""
    for method, pattern, name, _ in routes:
        given = right.get(name, {})
        path = _PLACE.sub(lambda found: quote(str(places.get(found[1], ["x"])[0])), pattern)
        for found in _PLACE.finditer(pattern):
            before, after = (_PLACE.sub("1", part) for part in (pattern[: found.start()], pattern[found.end() :]))
            yield from (_plain(method, before + one + after, given) for one in SEGMENTS)
        for one in given:
            yield from (_plain(method, path, {**given, one: value}) for value in (*HUGE, *TEXTS, True, [], {"a": []}))


def _plain(method: str, path: str, fields: Mapping[str, Any]) -> Call:
    if method in _WITHOUT_BODY:
        query = "&".join(f"{quote(name)}={quote(_text_of(value), errors='replace')}" for name, value in fields.items())
        return Call(method, f"{path}?{query}")
    return Call(method, path, (("Content-Type", "application/json"),), json.dumps(fields).encode())


_WITHOUT_BODY = {"GET", "DELETE"}
_QUERY_ENDS = ["x=1&x=2", "&&=&", "&%ff=%fe", "&" * 50, "create_new=x", "limit=1&limit=2"]


def _method(method: str, *, near: bool) -> st.SearchStrategy[str]:
    others = ["GET", "HEAD", "OPTIONS", "BREW", "PATCH", "DELETE", "TRACE", "PUT"]
    return st.just(method) if near else st.sampled_from([method] * 20 + others)


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@st.composite
def _bodies(draw: st.DrawFn, fields: dict[str, Any], *, near: bool) -> tuple[str, bytes]:
    """A media type and *fields* as it has them: as JSON, as a form or in parts; broken or whole; or nothing of it."""
    kind = draw(st.sampled_from(["json", "json", "form", "parts", "deep"] + ["raw"] * (not near)))
    if kind == "raw":
        raw = st.binary(max_size=40) | st.sampled_from([b"[" * 100_000, b"\xff\xfe", b"&" * 20_000, b"null"])
        return "application/json", draw(raw)
    media = "application/json"
    if kind == "json":
        body = json.dumps(fields).encode("utf-8", "surrogatepass")
    elif kind == "deep":
        deep = draw(st.sampled_from([*fields, "x"]))
        pieces = [f"{json.dumps(name)}:{json.dumps(fields[name])}" for name in fields if name != deep]
        body = ("{" + ",".join([*pieces, f"{json.dumps(deep)}:{draw(_deep)}"]) + "}").encode()
    else:
        tails = st.sampled_from(["", "[]", "[0][a]", "[", "]"]) if not near else st.just("")
        pairs = [
            (name + draw(tails), _text_of(value).encode("utf-8", "surrogatepass")) for name, value in fields.items()
        ]
        if kind == "form":
            media = "application/x-www-form-urlencoded"
            body = "&".join(f"{quote(name)}={quote_from_bytes(value)}" for name, value in pairs).encode()
        else:
            media, head = "multipart/form-data; boundary=b", 'Content-Disposition: form-data; name="{}"\r\n\r\n'
            body = b"".join(b"--b\r\n" + head.format(name).encode() + value + b"\r\n" for name, value in pairs)
            body += b"--b--\r\n"
    if not near and body and draw(st.booleans()):  # broken off, or with something in it
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(st.sampled_from([b"", b"\0" + body[at:], b"\xff" + body[at:], b"\\ud800" + body[at:]]))
    return media, body

"""Calls that ought to be answered with each of the statuses an operation is documented to have.

A probe is a way to be refused that most operations have: no session, a body that is none, an id that names nothing, a
server that is down. It says which statuses it is for, so that nothing is asked of an operation that does not have them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.contracts_lane.caller import Caller, guarded, manners, media, parameters, row_of
from werkzeug.test import TestResponse

from crm_contracts.openapi import Operation
from fake_core.faults import Fault

BODY_BYTES = 60_000_000_000  # announced, past every limit
LONG = "x" * 20_000  # past the longest URI that is read
Probe = Callable[[Caller, Operation], Iterator[TestResponse]]


@dataclass(frozen=True)
class For:
    """A probe, and the statuses it may bring."""

    statuses: frozenset[int]
    probe: Probe


def documented(one: Operation) -> set[int]:
    """The statuses that the document gives the operation."""
    return {int(status) for status in row_of(one)["responses"]}


def statuses_of(call: Caller, one: Operation, wanted: set[int]) -> set[int]:
    """What *one* answers to the probes for the *wanted* statuses."""
    found: set[int] = set()
    for each in PROBES:
        if each.statuses & (wanted - found):
            call.lanes[one.vendor].fake.reset()
            found |= {answer.status_code for answer in each.probe(call, one)}
    call.lanes[one.vendor].fake.reset()
    return found


def _plain(call: Caller, one: Operation) -> Iterator[TestResponse]:
    yield call(one)
    yield call(one, bare=True)
    yield call(one, data=b"[]" if media(one) == "application/json" else b"")
    yield call(one, query=dict.fromkeys(parameters(one, "query"), ""))


def _strangers(call: Caller, one: Operation) -> Iterator[TestResponse]:
    if guarded(one):
        yield call(one, token=None)
        yield call(one, token="Bearer wrong")


def _bad_bodies(call: Caller, one: Operation) -> Iterator[TestResponse]:
    for body in (b"{", b"17", b"[17]", b'{"": {}}', b'{"records": 17}', b""):
        yield call(one, data=body)


def _bad_queries(call: Caller, one: Operation) -> Iterator[TestResponse]:
    for value in ("-1", "x" * 300, "'"):
        yield call(one, query=dict.fromkeys(parameters(one, "query"), value))
    yield call(one, query={"nonsense": "1", "limit": "x"})


def _unknown_ids(call: Caller, one: Operation) -> Iterator[TestResponse]:
    mine = manners(one.vendor)
    data = json.dumps({"subject": "x"}).encode() if media(one) else b""
    for name in parameters(one, "path"):
        for text in mine.unknown:
            yield call(one, path={name: text}, data=data)


def _too_large(call: Caller, one: Operation) -> Iterator[TestResponse]:
    yield call(one, length=BODY_BYTES)


def _other_media(call: Caller, one: Operation) -> Iterator[TestResponse]:
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=x"):
        yield call(one, content_type=kind)


def _long_uri(call: Caller, one: Operation) -> Iterator[TestResponse]:
    yield call(one, query={"x": LONG})


def _other_methods(call: Caller, one: Operation) -> Iterator[TestResponse]:
    path = call.path(one)
    for method in ("PATCH", "PUT", "DELETE", "POST", "GET"):
        yield call.clients[one.vendor].open(path, method=method, headers=call.lanes[one.vendor].headers(path))


def _versions(call: Caller, one: Operation) -> Iterator[TestResponse]:
    for version in ("v1.0", "v20.0", "v99.0"):
        yield call(one, path={"version": version})


def _conditions(call: Caller, one: Operation) -> Iterator[TestResponse]:
    """A client that has it already, and one that wants what is not there any more."""
    there = {"sobject": "User"} if "namedLayouts" in one.path else {}
    named = {"q": "Account"} if one.operation_id == "compactLayouts" else {}
    shown = call(one, path=there, query=named) if one.method == "GET" else None
    later, sooner = "Wed, 01 Jan 2098 00:00:00 GMT", "Thu, 01 Jan 1998 00:00:00 GMT"
    for headers in ({"If-Unmodified-Since": sooner}, {"If-Match": '"other"'}, {"If-Modified-Since": later}):
        yield call(one, headers=headers, path=there, query=named)
    if shown is not None and (tag := shown.headers.get("ETag")):
        yield call(one, headers={"If-None-Match": tag}, path=there, query=named)


STRICT = {
    "planhat": {"unknown_parameters": "refuse", "bad_paging": "refuse", "list_over_max": "refuse"},
    "totango": {"unknown_record": 400},
}


def _strict_switches(call: Caller, one: Operation) -> Iterator[TestResponse]:
    """A fake as strict as its switches go."""
    if one.vendor in STRICT:
        asked = call.clients[one.vendor].post("/__understudy__/seed", json={"switches": STRICT[one.vendor]})
        assert 200 == asked.status_code, asked.text
        yield call(one, query={"nonsense": "1", "limit": "x"})
        yield from _unknown_ids(call, one)


def _some_items(call: Caller, one: Operation) -> Iterator[TestResponse]:
    """A bulk call of which one item is none."""
    if not one.operation_id.startswith("bulk"):
        return
    there = call.lanes[one.vendor].seeded[one.path.strip("/").partition("/")[0]][0]
    yield call(one, data=json.dumps([17, {"_id": there}]).encode())


def _older_version(call: Caller, one: Operation) -> Iterator[TestResponse]:
    """A query job of Bulk API 2.0 asked for at another API version."""
    yield call(one, path={"version": "v59.0"}, bare=True)


def _not_faked_query(call: Caller, one: Operation) -> Iterator[TestResponse]:
    """A query over a relationship to an object that is not played."""
    query = "SELECT DandbCompany.Name FROM Account"
    yield call(one, data=json.dumps({"operation": "query", "query": query}).encode())


def _fault(kind: str) -> Probe:
    def probe(call: Caller, one: Operation) -> Iterator[TestResponse]:
        call.lanes[one.vendor].fake.script(Fault(kind=kind))
        yield call(one)

    return probe


PROBES = (
    For(frozenset({200, 201, 204, 206, 300, 302, 400, 404, 501}), _plain),
    For(frozenset({401, 403}), _strangers),
    For(frozenset({401}), _fault("session_expired")),
    For(frozenset({403, 429}), _fault("limit_reached")),
    For(frozenset({500}), _fault("error_after")),
    For(frozenset({503}), _fault("unavailable")),
    For(frozenset({400}), _bad_bodies),
    For(frozenset({400}), _bad_queries),
    For(frozenset({400, 404}), _unknown_ids),
    For(frozenset({400, 413}), _too_large),
    For(frozenset({415}), _other_media),
    For(frozenset({414}), _long_uri),
    For(frozenset({405}), _other_methods),
    For(frozenset({404, 410}), _versions),
    For(frozenset({304, 412}), _conditions),
    For(frozenset({400}), _strict_switches),
    For(frozenset({206}), _some_items),
    For(frozenset({409}), _older_version),
    For(frozenset({501}), _not_faked_query),
)

"""The rules T1 to T45 as far as Totango's records hold them, asked over HTTP.

Written from the rules and the OpenAPI document, without the fake's code. Examples: fixtures/vectors/totango.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from fake_core import ControlClient, FrozenClock, InProcess
from fake_core.testing import clean
from fake_totango import TenantConfig, create_app

URL = "https://api.totango.com"
VECTORS = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/totango.toml").read_text(encoding="utf-8"))
HUB = "/_standin/totango/records"
SAID = {"tasks": "title", "touchpoints": "subject"}  # what a row of each kind says at least
KINDS = pytest.mark.parametrize("kind", SAID)
TWINS = [[row for row in VECTORS["id"] if row["twin"] == twin] for twin in ("first", "second")]


class Service:
    """Totango with the accounts acme_1 and bolt."""

    def __init__(self) -> None:
        self.fake = create_app(clock=FrozenClock(), org=TenantConfig(switches={"rate_limits": "off"}))
        self.session = InProcess([self.fake]).session()
        self.control = ControlClient(URL, self.session)
        self.session.headers["app-token"] = self.control.credentials()["token"]

    def begin(self) -> None:
        clean(self.fake)
        for account in ("acme_1", "bolt"):
            self.call("GET", "/pixel.gif", sdr_s=self.control.credentials()["service_id"], sdr_o=account)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.session.request(method, URL + path, json=body, params=query)

    def told(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The JSON of an answer that must not be a refusal."""
        answer = self.call(method, path, body, **query)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def bring(self, kind: str, key: str, *, new: bool = True, **row: Any) -> requests.Response:
        """What an inbound job does with one row."""
        body = {"account_id": "acme_1", SAID[kind]: "Call", **row}
        return self.call("PUT", f"{HUB}/{kind}/{quote(key, safe='')}", body, create_new=str(new).lower())

    def brought(self, kind: str, key: str, **row: Any) -> Any:
        answer = self.bring(kind, key, **row)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def records(self, kind: str, **query: Any) -> list[Any]:
        found: list[Any] = self.told("GET", f"{HUB}/{kind}", **query)["records"]
        return found

    def task(self, **fields: Any) -> int:
        body = {"account_id": "acme_1", "title": "Call", "activity_type_id": "support", **fields}
        made: int = self.told("POST", "/api/v3/tasks", body)["id"]
        return made

    def note(self, **fields: Any) -> int:
        body = {"account_id": "acme_1", "content": "Met.", **fields}
        made: int = self.told("POST", "/api/v3/touchpoints/", body)["note"]["id"]
        return made


@pytest.fixture(scope="module")
def made() -> Iterator[Service]:
    service = Service()
    yield service
    service.fake.close()


@pytest.fixture
def totango(made: Service) -> Service:
    made.begin()
    return made


@pytest.mark.rule("T4")
@KINDS
@pytest.mark.parametrize("row", VECTORS["id"] + VECTORS["key"], ids=lambda row: row["folded"])
def test_an_external_id_is_kept_in_lower_case(totango: Service, kind: str, row: dict[str, str]) -> None:
    """Only A to Z are lowered; every read shows the lowered key."""
    given = row.get("long") or row["given"]
    record = totango.brought(kind, given)["record"]

    assert row["folded"] == record["external_id"]
    assert row["folded"] == totango.told("GET", f"{HUB}/{kind}/{quote(given, safe='')}")["external_id"]
    assert [row["folded"]] == [one["external_id"] for one in totango.records(kind)]


@pytest.mark.rule("T4")
@KINDS
@pytest.mark.parametrize("key", [" ", "\t", "\N{NO-BREAK SPACE}", "   "])
def test_a_blank_external_id_is_none(totango: Service, kind: str, key: str) -> None:
    """No record is made under a key of blanks."""
    assert totango.bring(kind, key).status_code in {400, 404}
    assert [] == totango.records(kind)


@pytest.mark.rule("T5")
@KINDS
@pytest.mark.parametrize("row", VECTORS["id"], ids=lambda row: row["long"])
def test_the_same_key_in_another_case_is_the_same_record(totango: Service, kind: str, row: dict[str, str]) -> None:
    """Whichever case comes first, the second write updates."""
    outcomes = [
        totango.brought(kind, key, **{SAID[kind]: f"Call {n}"})
        for n, key in enumerate((row["long"], row["folded"], row["long"].upper(), row["long"].swapcase()))
    ]

    assert ["created", "updated", "updated", "updated"] == [one["outcome"] for one in outcomes]
    assert 1 == len({one["record"]["id"] for one in outcomes}) == len(totango.records(kind))
    assert "Call 3" == totango.records(kind)[0][SAID[kind]]


@pytest.mark.rule("T5")
@KINDS
@pytest.mark.parametrize("twins", TWINS, ids=lambda twins: twins[0]["twin"])
def test_ids_that_differ_in_case_alone(totango: Service, kind: str, twins: list[dict[str, str]]) -> None:
    """With 18 characters they stay two records; with 15 Totango cannot tell them apart."""
    by_long = {totango.brought(kind, row["long"])["record"]["id"] for row in twins}
    by_short = {totango.brought(kind, row["short"])["record"]["id"] for row in twins}

    assert (2, 1) == (len(by_long), len(by_short))


@pytest.mark.rule("T6")
@KINDS
def test_totangos_number_is_a_key_too(totango: Service, kind: str) -> None:
    """A record that was made by the API is found and updated by its number, and gets no external id by that."""
    number = totango.task() if kind == "tasks" else totango.note()
    outcome = totango.brought(kind, str(number), **{SAID[kind]: "By number"})

    assert ("updated", number, None) == (
        outcome["outcome"], outcome["record"]["id"], outcome["record"]["external_id"]
    )  # fmt: skip
    assert "By number" == totango.told("GET", f"{HUB}/{kind}/{number}")[SAID[kind]]
    assert 1 == len(totango.records(kind))


@pytest.mark.rule("T6")
@KINDS
def test_a_key_that_is_two_records_is_refused(totango: Service, kind: str) -> None:
    """The external id of one record that is the number of another names neither; each keeps its values."""
    number = totango.brought(kind, "first")["record"]["id"]
    soon = number + 2
    other = totango.brought(kind, str(soon))["record"]
    third = totango.brought(kind, "third")["record"]
    before = totango.records(kind)
    answers = [
        totango.bring(kind, str(soon), new=True, **{SAID[kind]: "Which?"}),
        totango.call("GET", f"{HUB}/{kind}/{soon}"),
        totango.call("DELETE", f"{HUB}/{kind}/{soon}"),
    ]

    assert (str(soon), soon) == (other["external_id"], third["id"])
    assert [(409, "ambiguous_key")] * 3 == [(one.status_code, one.json()["error"]["type"]) for one in answers]
    assert before == totango.records(kind)


@pytest.mark.rule("T8", "T11")
@KINDS
@pytest.mark.parametrize("account", ["ACME_1", "Acme_1", "acme_1 ", "nobody", "acme"])
def test_the_account_is_found_by_its_exact_id(totango: Service, kind: str, account: str) -> None:
    """Another case is another account, and a record whose account is not there is not brought in."""
    answers = [
        totango.bring(kind, "key", account_id=account),
        totango.call("POST", "/api/v3/tasks", {"account_id": account, "title": "x", "activity_type_id": "support"}),
        totango.call("POST", "/api/v3/touchpoints/", {"account_id": account, "content": "x"}),
    ]

    assert [400] * 3 == [one.status_code for one in answers]
    assert ["Account not found"] * 2 == [one.json()["error"]["message"] for one in answers[:2]]
    assert [] == totango.records(kind)


@pytest.mark.rule("T12")
@KINDS
@pytest.mark.parametrize("account", ["bolt", "nobody"])
def test_a_record_never_moves_to_another_account(totango: Service, kind: str, account: str) -> None:
    """Its other fields are taken, its account is not, and the answer warns."""
    totango.brought(kind, "key")
    outcome = totango.brought(kind, "KEY", account_id=account, **{SAID[kind]: "Moved?"})

    assert ["account_change_ignored"] == outcome["warnings"]
    assert ("acme_1", "Moved?") == (outcome["record"]["account_id"], outcome["record"][SAID[kind]])
    assert [] == totango.records(kind, account_id="bolt")


@pytest.mark.rule("T12")
def test_the_public_calls_do_not_move_a_record_either(totango: Service) -> None:
    """Neither a task nor a touchpoint; its events stay with the account, too."""
    task, note = totango.task(), totango.note()
    [event] = [one for one in totango.told("GET", "/api/v2/events/", account_id="acme_1") if one["type"] == "note"]
    totango.told("PUT", f"/api/v3/tasks/{task}", {"account_id": "bolt", "title": "Moved?"})
    totango.told(
        "PUT", f"/api/v3/touchpoints/{note}", {"account_id": "bolt", "event_id": event["id"], "subject": "Moved?"}
    )
    events = [totango.told("GET", "/api/v2/events/", account_id=account) for account in ("acme_1", "bolt")]

    assert ["acme_1"] * 2 == [totango.records(kind)[0]["account_id"] for kind in SAID]
    assert ["Moved?"] * 2 == [totango.records(kind)[0][said] for kind, said in SAID.items()]
    assert (True, []) == (len(events[0]) > 1, events[1])


@pytest.mark.rule("T13")
@KINDS
def test_an_unknown_key_makes_a_record_only_where_that_is_switched_on(totango: Service, kind: str) -> None:
    """The switch is off by itself, in a row's call as in a new job."""
    unsaid = totango.call("PUT", f"{HUB}/{kind}/key", {"account_id": "acme_1", SAID[kind]: "x"})
    off = totango.bring(kind, "key", new=False)
    before = totango.records(kind)
    on = totango.brought(kind, "key")
    known = totango.call("PUT", f"{HUB}/{kind}/key", {"account_id": "acme_1", SAID[kind]: "y"})
    job = totango.told("POST", "/_standin/totango/jobs", {"object": kind, "direction": "inbound"})

    assert ([404, 404], []) == ([one.status_code for one in (unsaid, off)], before)
    assert ("created", "updated") == (on["outcome"], known.json()["outcome"])
    assert job["create_new"] is False


@pytest.mark.rule("T16")
@pytest.mark.parametrize(
    ("kind", "row", "taken"),
    [
        ("touchpoints", {"subject": "s", "content": "c"}, True),
        ("touchpoints", {"subject": "s"}, True),
        ("touchpoints", {"content": "c"}, True),
        ("touchpoints", {}, False),
        ("touchpoints", {"subject": " ", "content": "\n\t"}, False),
        ("touchpoints", {"subject": None, "content": None}, False),
        ("tasks", {"title": "t"}, True),
        ("tasks", {}, False),
        ("tasks", {"title": " \t"}, False),
        ("tasks", {"title": None, "description": "d"}, False),
    ],
)
def test_a_row_must_say_something(totango: Service, kind: str, row: dict[str, Any], taken: bool) -> None:
    """A touchpoint needs subject or content, a task its title; blanks say nothing."""
    answer = totango.call("PUT", f"{HUB}/{kind}/key", {"account_id": "acme_1", **row}, create_new="true")

    assert (200 if taken else 400) == answer.status_code
    assert (1 if taken else 0) == len(totango.records(kind))


@pytest.mark.rule("T16")
@pytest.mark.parametrize(
    ("kind", "first", "then", "taken"),
    [
        ("touchpoints", {"subject": "s", "content": "c"}, {"subject": ""}, True),
        ("touchpoints", {"subject": "s", "content": "c"}, {"content": " "}, True),
        ("touchpoints", {"subject": "s", "content": "c"}, {"subject": "", "content": ""}, False),
        ("touchpoints", {"subject": "s"}, {"subject": " ", "created_by": "x@acme.example"}, False),
        ("tasks", {"title": "t"}, {"title": "", "description": "new"}, False),
        ("tasks", {"title": "t"}, {"title": None, "priority": 1}, False),
        ("tasks", {"title": "t"}, {"description": "new"}, True),
    ],
)
def test_an_update_that_leaves_nothing_said_is_refused(
    totango: Service, kind: str, first: dict[str, Any], then: dict[str, Any], taken: bool
) -> None:
    """The whole row is refused, and the record keeps its values."""
    before = totango.brought(kind, "key", **first)["record"]
    answer = totango.call("PUT", f"{HUB}/{kind}/key", {"account_id": "acme_1", **then})

    assert (200 if taken else 400) == answer.status_code
    assert taken == (totango.records(kind) != [before])


@pytest.mark.rule("T23")
@KINDS
@pytest.mark.parametrize("row", VECTORS["age"], ids=lambda row: row["seconds"])
def test_what_goes_out_was_updated_within_thirty_days(totango: Service, kind: str, row: dict[str, Any]) -> None:
    """A record as old as the window is in, one second older is not; absent is not deleted; an update brings it back."""
    totango.brought(kind, "key")
    start = totango.control.advance(row["seconds"]).timestamp() * 1000
    window = {"updated_from": int(start) - 30 * 86_400_000}
    out = totango.records(kind, **window)
    kept, deletions = totango.records(kind), totango.told("GET", "/_standin/totango/deletions")
    totango.brought(kind, "key", **{SAID[kind]: "again"})

    assert row["goes_out"] == bool(out)
    assert (1, 0) == (len(kept), deletions["total"])
    assert 1 == len(totango.records(kind, **window))


@pytest.mark.rule("T31")
@pytest.mark.parametrize(("kind", "who"), [("tasks", "assigner"), ("touchpoints", "created_by")])
def test_an_author_is_written_once(totango: Service, kind: str, who: str) -> None:
    """Who assigned a task and who made a touchpoint are set when the record is made, and no later row changes them."""
    made = totango.brought(kind, "key", **{who: "first@acme.example"})["record"]
    later = totango.brought(kind, "key", **{who: "integration@acme.example", SAID[kind]: "changed"})["record"]

    assert ["first@acme.example"] * 2 == [made[who], later[who]]


@pytest.mark.rule("T34")
def test_participants_are_set_once(totango: Service) -> None:
    """A touchpoint's participants are those of the row that made it."""
    made = totango.brought("touchpoints", "key", participants=["a@acme.example", "b@acme.example"])["record"]
    later = totango.brought("touchpoints", "key", participants=["c@acme.example"], subject="changed")["record"]
    none = totango.brought("touchpoints", "other")["record"]
    still = totango.brought("touchpoints", "other", participants=["c@acme.example"])["record"]

    assert [["a@acme.example", "b@acme.example"]] * 2 == [made["participants"], later["participants"]]
    assert [[], []] == [none["participants"], still["participants"]]


@pytest.mark.rule("T43")
@pytest.mark.parametrize(("length", "taken"), [(11_999, True), (12_000, True), (12_001, False), (100_000, False)])
@pytest.mark.parametrize("character", ["x", "ü", "\N{PILE OF POO}"])
def test_content_has_twelve_thousand_characters(totango: Service, character: str, length: int, taken: bool) -> None:
    """Characters, not bytes; what is too long is refused whole, when it is made and when it is changed."""
    note = totango.note(content="old")
    [event] = totango.told("GET", "/api/v2/events/", account_id="acme_1")
    content = character * length
    answers = [
        totango.call("POST", "/api/v3/touchpoints/", {"account_id": "acme_1", "content": content}),
        totango.call("PUT", f"/api/v3/touchpoints/{note}", {"event_id": event["id"], "content": content}),
        totango.bring("touchpoints", "key", content=content),
    ]

    assert [200 if taken else 400] * 3 == [one.status_code for one in answers]
    assert (3 if taken else 0) == sum(one["content"] == content for one in totango.records("touchpoints"))


@pytest.mark.rule("T43")
def test_markup_is_kept_as_it_is(totango: Service) -> None:
    """The API renders no HTML: what was sent is what is shown."""
    content = "<p>Hi <b>you</b> &amp; me</p>\n<script>1</script>"
    totango.note(content=content)
    [event] = totango.told("GET", "/api/v2/events/", account_id="acme_1")

    assert [content] * 2 == [event["note_content"]["text"], totango.records("touchpoints")[0]["content"]]


@pytest.mark.rule("T45")
@pytest.mark.parametrize(
    ("field", "value", "taken"),
    [
        *[("status", value, True) for value in ("open", "closed")],
        *[("status", value, False) for value in ("Open", "Completed", "done", 1)],
        *[("priority", value, True) for value in (1, 2, 3)],
        *[("priority", value, False) for value in (0, 4, -1, 1.5, "High")],
    ],
)
def test_a_task_knows_two_statuses_and_three_priorities(totango: Service, field: str, value: Any, taken: bool) -> None:
    """Anything else is refused, by the public call and in a row that comes in."""
    task = totango.task()
    before = totango.records("tasks")
    answers = [
        totango.call("PUT", f"/api/v3/tasks/{task}", {field: value, "title": "changed"}),
        totango.bring("tasks", str(task), **{field: value}),
        totango.bring("tasks", "new", **{field: value}),
    ]
    after = totango.records("tasks")

    assert [200 if taken else 400] * 3 == [one.status_code for one in answers]
    assert (before == after) is not taken
    assert not taken or [value] * 2 == [one[field] for one in after]


@pytest.mark.rule("T45")
def test_a_task_is_open_and_of_normal_priority_at_first(totango: Service) -> None:
    """Without a word on it a new task is open, priority 2; closing is a status like any other."""
    task = totango.task()
    [made] = totango.told("GET", "/api/v3/tasks", id=task)
    totango.told("PUT", "/api/v3/tasks", {"id": task, "status": "closed"})
    [closed] = totango.told("GET", "/api/v3/tasks", id=task)

    assert (("open", 2), "closed") == ((made["status"], made["priority"]), closed["status"])

"""The Totango fake against a reference model of plain dictionaries: the same calls in any order, the same answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test
from tests.properties.reference.both import Answer, Call, Compared, Rewound, difference
from tests.properties.reference.totango import HUB, MINE, Reference
from tests.properties.reference.totango_calls import (
    ACCOUNT,
    ACCOUNTS,
    BAD_TASKS,
    BEGUN,
    KEYS,
    KINDS,
    NEW_NOTES,
    NOTES,
    ROWS,
    TASKS,
    WHO,
)
from tests.properties.reference.totango_rows import Kept
from tests.properties.reference.totango_wire import TotangoWire

from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.data_files import reader
from fake_totango import ApiToken, TenantConfig, create_app

pytestmark = pytest.mark.rule("T4", "T5", "T6", "T11", "T12", "T13", "T16", "T31", "T34", "T43", "T45")
URL = "https://api.totango.com"
SWITCHES = {name: row for name, row in reader("fake_totango")("switches.toml").items() if name != "unknowns"}
PLAYED = (
    *("unknown_record", "content_limit", "touchpoint_requires", "event_id_in_update", "account_in_update"),
    *("events_order", "task_events", "count_over_max", "task_update_answer"),
)
POSITIONS = {name: st.sampled_from(SWITCHES[name]["values"]) for name in PLAYED}
POSITIONS["external_id_in_v3"] = st.sampled_from(["show", "hide"])
CHOICE = st.sampled_from(sorted(POSITIONS)).flatmap(lambda name: st.tuples(st.just(name), POSITIONS[name]))
NIGHTLY_OPERATIONS_MIN = 10_000
MAX = settings.default.max_examples if settings.default else 0  # of the profile: some seconds, more by night


_MADE: list[TotangoWire] = []  # made once for the whole run: a machine resets it


def wire() -> TotangoWire:
    if not _MADE:
        tokens = [ApiToken(value, email=email) for value, email in MINE.items()]
        org = TenantConfig(tokens=tokens, switches={"rate_limits": "off"})
        _MADE.append(TotangoWire(create_app(clock=FrozenClock(), org=org), URL))
    return _MADE[0]


class TotangoTwins(Rewound):
    def __init__(self) -> None:
        super().__init__()
        self.wire = wire()
        self.wire.clean()
        defaults = {name: row["default"] for name, row in SWITCHES.items()} | {"rate_limits": "off"}
        self.model = Reference(defaults, DEFAULT_MOMENT)
        self.taken: list[tuple[str, Kept]] = []
        self.differs = False

    def both(self, method: str, path: str, who: str, body: Any = None, **query: Any) -> Answer:
        """Make the call on both sides and compare; a refusal is its status and its type."""
        call = Call(method, path, [(name, str(value)) for name, value in query.items()], body, who)
        seen = self.wire.send(call)
        told = difference(call, seen, self.model.answer(call, seen))
        Compared.count += 1
        event(f"{method} {path.split('/')[3] if path.count('/') > 2 else path}: {seen.status}")
        self.differs = bool(told)
        assert not told, told
        return seen

    def number(self, kind: str, n: int) -> int:
        """The id of a record that is there; of none for 9."""
        known = list(getattr(self.model.kept, kind))
        return int(known[n % len(known)]) if known and n != 9 else 987_654_321

    def learn(self) -> None:
        """See every event once: only lists tell their ids."""
        for account in ACCOUNTS:
            self.both("GET", "/api/v2/events/", "jo", account_id=account)

    # --- accounts ---

    @initialize(positions=st.fixed_dictionaries(POSITIONS))
    def begin(self, positions: dict[str, Any]) -> None:
        """A service that has something in it: records of each kind, with keys that are easily taken for one another."""
        self.wire.control.seed({"switches": positions})
        self.model.kept.switches |= positions
        self.track("acme_1", "alpha", "paying", "")
        self.track("bolt", "", "", "u@bolt.example")
        self.track("dora", "zeta", "free", "v@dora.example")
        for account in ("acme_1", "bolt"):
            self.create_task("jo", account, {})
            self.create_touchpoint("jo", account, {}, {})
        for kind, keys in BEGUN.items():
            for key in keys:
                row = {"account_id": "acme_1", "title" if kind == "tasks" else "subject": "Call"}
                self.both("PUT", f"{HUB}records/{kind}/{quote(key)}", "al", row, create_new="true")

    @rule(
        account=st.sampled_from([*ACCOUNTS, ""]),
        name=st.sampled_from(["", "alpha", "zeta"]),
        group=st.sampled_from(["", "paying", "free"]),
        user=st.sampled_from(["", "u@acme.example", "v@acme.example"]),
    )
    def track(self, account: str, name: str, group: str, user: str) -> None:
        query = {"sdr_s": "SP-0000-11", "sdr_o": account, "sdr_odn": name and f"{name} {account}", "sdr_u": user}
        query["sdr_o.status_group"] = group
        self.both("GET", "/pixel.gif", "", **{key: value for key, value in query.items() if value})

    @rule(who=WHO, kind=st.sampled_from(["accounts", "users"]), count=st.sampled_from([1, 2, 1000, 1001]),
          turn=st.sampled_from(["ASC", "DESC"]), terms=st.sampled_from([[], [
              {"type": "string", "term": "identifier", "eq": "acme_1"}]]))  # fmt: skip
    def search(self, who: str, kind: str, count: int, turn: str, terms: list[Any]) -> None:
        """Record number after record number to the end."""
        query = {"terms": terms, "fields": [], "sort_by": "display_name", "sort_order": turn, "count": count}
        for offset in range(0, 5 * count, count):
            self.both("POST", f"/api/v1/search/{kind}", who, {"query": {**query, "offset": offset}})

    # --- tasks ---

    @rule(who=WHO, account=ACCOUNT, body=TASKS)
    def create_task(self, who: str, account: str, body: dict[str, Any]) -> None:
        self.both("POST", "/api/v3/tasks", who, {"account_id": account, "title": "x", "activity_type_id": "a", **body})

    @rule(who=WHO, body=TASKS)
    def create_task_maybe_short(self, who: str, body: dict[str, Any]) -> None:
        self.both("POST", "/api/v3/tasks", who, {"account_id": "acme_1", **body})

    @rule(who=WHO, body=BAD_TASKS)
    def create_task_wrongly(self, who: str, body: dict[str, Any]) -> None:
        self.both(
            "POST", "/api/v3/tasks", who, {"account_id": "acme_1", "title": "x", "activity_type_id": "support", **body}
        )

    @rule(who=WHO, n=st.integers(0, 9), body=TASKS | BAD_TASKS, by_body=st.booleans())
    def update_task(self, who: str, n: int, body: dict[str, Any], by_body: bool) -> None:
        number = self.number("tasks", n)
        if number not in self.model.kept.tasks and body.get("status") not in {None, "open", "closed"}:
            return
        if by_body:
            self.both("PUT", "/api/v3/tasks", who, {"id": number, **body})
        else:
            self.both("PUT", f"/api/v3/tasks/{number}", who, body)

    @rule(n=st.integers(0, 9), account=ACCOUNT)
    def move_task(self, n: int, account: str) -> None:
        self.both("PUT", f"/api/v3/tasks/{self.number('tasks', n)}", "jo", {"account_id": account, "title": "Moved?"})

    @rule(who=WHO, n=st.integers(0, 9))
    def get_task(self, who: str, n: int) -> None:
        self.both("GET", "/api/v3/tasks", who, id=self.number("tasks", n))

    @rule(who=WHO, n=st.integers(0, 9))
    def delete_task(self, who: str, n: int) -> None:
        self.both("DELETE", f"/api/v3/tasks/{self.number('tasks', n)}", who)

    # --- touchpoints ---

    @rule(who=WHO, account=ACCOUNT, body=NOTES, new=NEW_NOTES)
    def create_touchpoint(self, who: str, account: str, body: dict[str, Any], new: dict[str, Any]) -> None:
        self.both("POST", "/api/v3/touchpoints/", who, {"account_id": account, "content": "Met.", **body, **new})
        self.learn_notes()

    @rule(who=WHO, body=NOTES)
    def create_touchpoint_maybe_short(self, who: str, body: dict[str, Any]) -> None:
        self.both("POST", "/api/v3/touchpoints/", who, {"account_id": "acme_1", **body})
        self.learn_notes()

    def learn_notes(self) -> None:
        """The event of a new touchpoint is found in its account's events, as a client finds it."""
        for row in list(self.model.kept.touchpoints.values()):
            if row["event_id"] is None:
                self.both("GET", "/api/v2/events/", "jo", account_id=row["account_id"])

    @rule(who=WHO, n=st.integers(0, 9), body=NOTES, account=st.sampled_from(["", "", "acme_1", "bolt"]),
          event_id=st.sampled_from(["right", "right", "right", "wrong", ""]))  # fmt: skip
    def update_touchpoint(self, who: str, n: int, body: dict[str, Any], account: str, event_id: str) -> None:
        number = self.number("touchpoints", n)
        if number not in self.model.kept.touchpoints:
            body = {}
        row = self.model.kept.touchpoints.get(number, {"event_id": "wrong"})
        given = {"event_id": row["event_id"] if event_id == "right" else event_id, "account_id": account}
        self.both("PUT", f"/api/v3/touchpoints/{number}", who, {**{k: v for k, v in given.items() if v}, **body})

    @rule(who=WHO, n=st.integers(0, 9), event_id=st.sampled_from(["right", "right", "wrong"]))
    def delete_touchpoint(self, who: str, n: int, event_id: str) -> None:
        number = self.number("touchpoints", n)
        row = self.model.kept.touchpoints.get(number, {"event_id": "wrong", "account_id": "acme_1"})
        query = {"account_id": row["account_id"], "event_id": row["event_id"] if event_id == "right" else "wrong"}
        self.both("DELETE", f"/api/v3/touchpoints/{number}", who, **query)

    # --- events ---

    @rule(who=WHO, account=st.sampled_from([*ACCOUNTS, "nobody"]))
    def events(self, who: str, account: str) -> None:
        self.both("GET", "/api/v2/events/", who, account_id=account)

    @rule(who=WHO, count=st.sampled_from([1, 2, 3, 1000, 1001]), account=st.sampled_from([None, "acme_1", "nobody"]),
          kind=st.sampled_from(["", "note", "task", "campaign_touch"]), since=st.integers(-1, 2))  # fmt: skip
    def search_events(self, who: str, count: int, account: str | None, kind: str, since: int) -> None:
        """Page number after page number to the end."""
        self.learn()
        terms: list[dict[str, Any]] = []
        if kind:
            terms.append({"type": "event_property", "name": "event_type", "eq": kind})
        if since >= 0:
            terms.append({"type": "date", "term": "date", ("gte", "lte")[since % 2]: 1_767_600_000_000 + since})
        body: dict[str, Any] = {} if account is None else {"account_id": account}
        for offset in range(6):
            query = {"terms": terms, "fields": [], "count": count, "offset": offset}
            self.both("POST", "/api/v2/events/search", who, {"query": query, **body})

    # --- what an integration job does ---

    def key(self, kind: str, n: int, key: str) -> str:
        return quote(str(self.number(kind, n)) if n > 4 else key, safe="")

    @rule(who=WHO, kind=KINDS, n=st.integers(0, 9), key=KEYS, account=ACCOUNT, data=st.data(), new=st.booleans())
    def bring(self, who: str, kind: str, n: int, key: str, account: str, data: st.DataObject, new: bool) -> None:
        """A row comes in; a row for an account that is not there says enough, so that only one thing is wrong."""
        first, second = data.draw(ROWS[kind])
        row: dict[str, Any] = {**first, **second}
        if account not in self.model.kept.accounts:
            row |= {"title": "x"} if kind == "tasks" else {"subject": "x", "content": "c"}
        path = f"{HUB}records/{kind}/{self.key(kind, n, key)}"
        self.both("PUT", path, who, {"account_id": account, **row}, create_new=str(new).lower())

    @rule(who=WHO, kind=KINDS, n=st.integers(0, 9), key=KEYS)
    def get_record(self, who: str, kind: str, n: int, key: str) -> None:
        self.both("GET", f"{HUB}records/{kind}/{self.key(kind, n, key)}", who)

    @rule(who=WHO, kind=KINDS, n=st.integers(0, 9), key=KEYS)
    def delete_record(self, who: str, kind: str, n: int, key: str) -> None:
        self.both("DELETE", f"{HUB}records/{kind}/{self.key(kind, n, key)}", who)

    @rule(who=WHO, kind=KINDS, count=st.sampled_from([1, 2, 1000]), days=st.sampled_from([None, 0, 1, 30]))
    def records(self, who: str, kind: str, count: int, days: int | None) -> None:
        window = {} if days is None else {"updated_from": self.model.now - days * 86_400_000}
        for offset in range(0, 4 * count, count):
            self.both("GET", f"{HUB}records/{kind}", who, count=count, offset=offset, **window)

    @rule(who=WHO, kind=st.sampled_from([None, "tasks", "touchpoints"]), ago=st.sampled_from([0, 1_000, 86_400_000]))
    def deletions(self, who: str, kind: str | None, ago: int) -> None:
        query = {"kind": kind} if kind else {}
        self.both("GET", f"{HUB}deletions", who, deleted_from=self.model.now - ago, **query)

    # --- the control plane ---

    @rule(choice=CHOICE)
    def choose(self, choice: tuple[str, Any]) -> None:
        self.wire.control.seed({"switches": dict([choice])})
        self.model.kept.switches |= dict([choice])

    @rule(seconds=st.sampled_from([0.001, 1, 3_600, 86_400, 86_400 * 30]))
    def time_passes(self, seconds: float) -> None:
        self.model.at = self.wire.control.advance(seconds)

    def teardown(self) -> None:
        """Nothing but what was asked for has happened."""
        if self.differs:
            return  # it was told already
        for kind in ("tasks", "touchpoints"):
            self.both("GET", f"{HUB}records/{kind}", "al")
        self.both("GET", f"{HUB}deletions", "al")
        for account in ACCOUNTS:
            self.both("GET", "/api/v2/events/", "al", account_id=account)


TestTotangoTwins = TotangoTwins.TestCase
TestTotangoTwins.settings = settings(max_examples=max(40, MAX // 5), stateful_step_count=40)


@pytest.mark.nightly
def test_ten_thousand_operations_without_a_difference() -> None:
    """The fake and the model agree on at least 10,000 answers in a row."""
    Compared.count = 0
    run_state_machine_as_test(TotangoTwins, settings=settings(max_examples=300, stateful_step_count=50))

    assert Compared.count >= NIGHTLY_OPERATIONS_MIN

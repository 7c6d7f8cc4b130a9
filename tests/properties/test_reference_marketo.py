"""The Marketo stand-in against a reference model of plain dictionaries: the same calls, the same answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test
from tests.properties.reference.both import Answer, Call, Compared, Rewound, Wire, difference
from tests.properties.reference.marketo import SIA, Kept, Reference

from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.data_files import reader
from fake_marketo import TenantConfig, User, create_app

pytestmark = pytest.mark.rule("M1", "M8", "M12", "M17", "M20", "M24", "M27")
SWITCHES = reader("fake_marketo")("switches.toml")
POSITIONS = {name: st.sampled_from(row["values"]) for name, row in SWITCHES.items() if name != "unknowns"}
CHOICE = st.sampled_from(sorted(POSITIONS)).flatmap(lambda name: st.tuples(st.just(name), POSITIONS[name]))
USERS = [
    User(id=1, name="Ann", email="ann@x.example", token="ann"),
    User(id=2, name="Bo", email="bo@x.example", token="bo", time_zone="Pacific/Kiritimati"),
]
SF = ["00T5e000004aBcDEAU", "00T5e000004aBcEEAU", "00t5e000004abceeau"]
NOBODYS = {"sf_contact_id": None, "sf_lead_id": None, "sf_account_id": None, "sf_opportunity_id": None}
PEOPLE: list[dict[str, Any]] = [
    {"id": 1, "name": "Pat", "email": "pat@x.example", "owner": 1, "shared": True, **NOBODYS},
    {"id": 2, "name": "Pat", "email": "pat@x.example", "owner": 1, "shared": False, **NOBODYS},
    {"id": 3, "name": "Kim", "email": None, "owner": 2, "shared": False, **NOBODYS},
]
STEPS: list[dict[str, Any]] = [{"id": 1, "campaign_name": "Spring", "day": 3, "step": 0}]
ZONES = st.sampled_from(["UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati"])
WHO = st.sampled_from(["ann"] * 11 + ["bo"] * 8 + ["nobody"])
TEXTS = st.sampled_from(["x", "a\nb", "{{activity_subject}}", "ü" * 300, " x ", "\N{PILE OF POO}"])
GOOD = {
    "type": st.sampled_from(["Email", "Call", "InMail", "Custom"]),
    "name": TEXTS,
    "status": st.sampled_from(["open", "complete"]),
    "priority": st.sampled_from(["normal", "high"]),
    "due_date": st.sampled_from([None, "2026-01-04", "2026-01-05", "2026-01-06", "2026-01-07", "2028-02-29"]),
    "details": st.sampled_from(["", "line\nline", "<b>x</b>"]),
    "person": st.sampled_from([None, 1, 1, 2, 3, 99]),
    "assignee": st.sampled_from([1, 1, 2, 99]),
    "campaign_step": st.sampled_from([None, 1, 99]),
    "call_outcome": st.sampled_from([None, "", "reached"]),
    "call_reason": st.sampled_from([None, "renewal"]),
    "sf_task_id": st.sampled_from([None, *SF]),
}
BAD = st.sampled_from([
    {"due_date": "2026-02-30"}, {"due_date": "2026-01-05T00:00:00Z"}, {"due_date": 5}, {"status": "done"},
    {"status": None}, {"priority": "low"}, {"priority": "Normal"}, {"type": "call"}, {"details": None}, {"name": " "},
    {"name": None}, {"name": 5}, {"person": "1"}, {"person": True}, {"person": 0}, {"assignee": None},
    {"sf_task_id": "00T5e000004aBcD"}, {"sf_task_id": "00T5e000004aBcDEA-"}, {"call_outcome": 1}, {"id": 1},
    {"created_at": "2026-01-05T00:00:00.000Z"}, {"deleted_at": None}, {"creator": 2}, {"nonsense": 1},
])  # fmt: skip
# A body is good but for one key at most; its references may name nobody, and then only one of them.
BODIES = st.fixed_dictionaries({}, optional=GOOD).filter(
    lambda body: sum(body.get(name) in (2, 3, 99) for name in ("person", "assignee", "campaign_step")) <= 1
)
TEMPLATES = st.sampled_from([
    "{{activity_subject}}", "{{Activity_Type}}: {{activity_subject}}", "no field", "", "a\r\n{{call_outcome}}b{{what}}",
    "{{sales_campaign_name}} {{sales_campaign_day}}/{{sales_campaign_step}} {{call_reason}}", "{{ activity_subject }}",
])  # fmt: skip
CODES = st.sampled_from(["EXPIRED_ACCESS", "INVALID_TYPE", "UNABLE_TO_LOCK_ROW", "FAILED_WRITE", "SOMETHING_ELSE"])
SECONDS = st.sampled_from([0.001, 1, 3_600, 86_400])
NIGHTLY_OPERATIONS_MIN = 10_000
MAX = settings.default.max_examples if settings.default else 0  # of the profile: some seconds, more by night


_MADE: list[Wire] = []  # made once for the whole run: a machine resets it


def wire() -> Wire:
    if not _MADE:
        org = TenantConfig(users=USERS, seed={"people": PEOPLE, "campaign_steps": STEPS})
        _MADE.append(Wire(create_app(clock=FrozenClock(), org=org), "https://sia.understudy.example"))
    return _MADE[0]


def blank() -> Kept:
    """The tenant as it starts."""
    defaults = {name: row["default"] for name, row in SWITCHES.items() if name != "unknowns"}
    users = {one.id: {"id": one.id, "token": one.token, "time_zone": one.time_zone} for one in USERS}
    return Kept(defaults, users, {one["id"]: one for one in PEOPLE}, {one["id"]: one for one in STEPS})


class MarketoTwins(Rewound):
    def __init__(self) -> None:
        super().__init__()
        self.wire = wire()
        self.wire.clean()
        self.model = Reference(blank(), DEFAULT_MOMENT)
        self.taken: list[tuple[str, Kept]] = []
        self.differs = False

    def both(self, method: str, path: str, who: str, body: Any = None, **query: str) -> Answer:
        """Make the call on both sides and compare; a refusal is its status and its name."""
        call = Call(method, SIA + path, list(query.items()), body, who)
        seen = self.wire.send(call)
        if seen.status >= 400:
            seen = Answer(seen.status, seen.body["error"])
        told = difference(call, seen, self.model.answer(call, seen))
        Compared.count += 1
        event(f"{method} {path.split('/')[1]}: {seen.status}")
        self.differs = bool(told)
        assert not told, told
        return seen

    def reminder(self, n: int) -> str:
        """The path of a reminder that is or was there; of none for 9."""
        known = list(self.model.kept.reminders)
        return f"/reminders/{known[n % len(known)] if known and n != 9 else 987_654}"

    @initialize(positions=st.fixed_dictionaries(POSITIONS))
    def begin(self, positions: dict[str, Any]) -> None:
        """A tenant that has something in it: reminders of each user's, one of them assigned to the other."""
        self.wire.control.seed({"switches": positions})
        self.model.kept.switches |= positions
        for due in ("2026-01-05", "2026-01-06", "2026-01-07"):
            self.both("POST", "/reminders", "ann", {"name": f"due {due}", "due_date": due})
        given = {"name": "given", "person": 1, "assignee": 2, "due_date": "2026-01-05", "sf_task_id": SF[0]}
        self.both("POST", "/reminders", "ann", given)
        self.both("POST", "/reminders", "bo", {"name": "bo's", "due_date": "2026-01-06"})
        self.both("POST", "/diagnostics", "ann", {"operation": "create", "code": "INVALID_TYPE"})

    @rule(who=WHO, name=TEXTS, body=BODIES)
    def create(self, who: str, name: str, body: dict[str, Any]) -> None:
        self.both("POST", "/reminders", who, {"name": name, **body})

    @rule(who=WHO, bad=BAD)
    def create_wrongly(self, who: str, bad: dict[str, Any]) -> None:
        self.both("POST", "/reminders", who, {"name": "x", **bad})

    @rule(who=WHO, body=BODIES.filter(lambda body: "name" not in body))
    def create_without_a_name(self, who: str, body: dict[str, Any]) -> None:
        self.both("POST", "/reminders", who, {"details": "x"} if any(body.get(k) == 99 for k in body) else body)

    @rule(who=WHO, person=st.sampled_from([1, 2, 3, None]), assignee=st.sampled_from([1, 2]))
    def give(self, who: str, person: int | None, assignee: int) -> None:
        """A reminder for a team member, of a person that is shared or not."""
        self.both("POST", "/reminders", who, {"name": "given", "person": person, "assignee": assignee})

    @rule(who=WHO, n=st.integers(0, 9), link=st.sampled_from([None, *SF]))
    def link(self, who: str, n: int, link: str | None) -> None:
        """What the integration does when it has sent a reminder."""
        self.both("PATCH", self.reminder(n), who, {"sf_task_id": link})

    @rule(who=WHO, n=st.integers(0, 9), body=BODIES)
    def update(self, who: str, n: int, body: dict[str, Any]) -> None:
        self.both("PATCH", self.reminder(n), who, body)

    @precondition(lambda self: any(not row["deleted_at"] for row in self.model.kept.reminders.values()))
    @rule(n=st.integers(0, 9), bad=BAD)
    def update_wrongly(self, n: int, bad: dict[str, Any]) -> None:
        alive = [row for row in self.model.kept.reminders.values() if not row["deleted_at"]]
        row = alive[n % len(alive)]
        who = next(one.token for one in USERS if one.id == row["assignee"])
        self.both("PATCH", f"/reminders/{row['id']}", who, bad)

    @rule(who=WHO, n=st.integers(0, 9))
    def get(self, who: str, n: int) -> None:
        self.both("GET", self.reminder(n), who)

    @rule(who=WHO, n=st.integers(0, 9))
    def complete(self, who: str, n: int) -> None:
        self.both("POST", f"{self.reminder(n)}/complete", who)

    @rule(who=WHO, n=st.integers(0, 9))
    def delete(self, who: str, n: int) -> None:
        self.both("DELETE", self.reminder(n), who)

    @rule(who=WHO, n=st.integers(0, 9))
    def detail(self, who: str, n: int) -> None:
        self.both("GET", f"{self.reminder(n)}/activity-detail", who)

    @rule(who=WHO, template=st.none() | TEMPLATES, subject=TEXTS, outcome=st.none() | TEXTS)
    def preview(self, who: str, template: str | None, subject: str, outcome: str | None) -> None:
        body = {"activity_detail_template": template, "activity_subject": subject, "call_outcome": outcome}
        self.both("POST", "/activity-detail-preview", who, body)

    @rule(who=WHO, limit=st.sampled_from(["1", "2", "500", ""]), deleted=st.sampled_from(["true", "false", ""]),
          since=st.sampled_from([0, 1, 2, None]))  # fmt: skip
    def pages(self, who: str, limit: str, deleted: str, since: int | None) -> None:
        """Page after page to the end."""
        moments = sorted({row["updated_at"] for row in self.model.kept.reminders.values()}) or [self.model.now]
        query = {"limit": limit, "include_deleted": deleted}
        query["changed_since"] = "" if since is None else moments[since % len(moments)]
        self._pages("/reminders", who, {name: value for name, value in query.items() if value})

    def _pages(self, path: str, who: str, query: dict[str, str]) -> None:
        following: dict[str, str] = {}
        for _ in range(100):
            seen = self.both("GET", path, who, **query, **following)
            if seen.status != 200 or not seen.body["next"]:
                return
            following = {"cursor": seen.body["next"]}
        pytest.fail("a list has no end")

    @rule(who=WHO)
    def command_center(self, who: str) -> None:
        self.both("GET", "/command-center", who)

    @rule(who=WHO, sync=st.sampled_from(["on", "on", "off", "ON", None, ""]), template=st.none() | TEMPLATES)
    def settle(self, who: str, sync: str | None, template: str | None) -> None:
        body = {} if sync == "" else {"task_sync": sync}
        if sync in {"on", "off", ""} and template is not None:
            body["activity_detail_template"] = template
        self.both("PATCH", "/settings", who, body)
        self.both("GET", "/settings", who)

    @rule(who=WHO, code=CODES, n=st.integers(0, 9), text=st.sampled_from(["", "end of file", "locked"]))
    def fail(self, who: str, code: str, n: int, text: str) -> None:
        reminder = int(self.reminder(n).rpartition("/")[2])
        body = {"operation": "update", "code": code, "message": text, "reminder": reminder if n else None}
        self.both("POST", "/diagnostics", who, body)

    @rule(who=WHO, n=st.integers(0, 9))
    def acknowledge(self, who: str, n: int) -> None:
        known = list(self.model.kept.diagnostics)
        number = known[n % len(known)] if known and n != 9 else 987_654
        for _ in range(2):  # the first time counts
            self.both("POST", f"/diagnostics/{number}/acknowledge", who)
            self.time_passes(1)

    @rule(who=WHO, category=st.sampled_from(["", "Intermittent", "Other"]), seen=st.sampled_from(["", "true", "false"]),
          limit=st.sampled_from(["1", "500"]))  # fmt: skip
    def failures(self, who: str, category: str, seen: str, limit: str) -> None:
        query = {"category": category, "acknowledged": seen, "limit": limit}
        self._pages("/diagnostics", who, {name: value for name, value in query.items() if value})

    @rule(who=WHO, link=st.sampled_from(SF))
    def log(self, who: str, link: str) -> None:
        self.both("PUT", f"/logged-activities/{link}", who)
        self._pages("/logged-activities", who, {"limit": "1"})

    # --- the control plane ---

    @rule(choice=CHOICE)
    def choose(self, choice: tuple[str, Any]) -> None:
        self.wire.control.seed({"switches": dict([choice])})
        self.model.kept.switches |= dict([choice])

    @rule(who=st.sampled_from(USERS), zone=ZONES)
    def move(self, who: User, zone: str) -> None:
        """A user moves to another zone."""
        row = {"id": who.id, "name": who.name, "email": who.email, "token": who.token, "time_zone": zone}
        self.wire.control.seed({"users": [row]})
        self.model.kept.users[who.id]["time_zone"] = zone

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: float) -> None:
        self.model.at = self.wire.control.advance(seconds)

    def teardown(self) -> None:
        """Nothing but what was asked for has happened."""
        if self.differs:
            return  # it was told already
        for who in ("ann", "bo"):
            self._pages("/reminders", who, {"include_deleted": "true"})
            self._pages("/diagnostics", who, {})
            self.both("GET", "/command-center", who)


TestMarketoTwins = MarketoTwins.TestCase
TestMarketoTwins.settings = settings(max_examples=max(40, MAX // 5), stateful_step_count=40)


@pytest.mark.nightly
def test_ten_thousand_operations_without_a_difference() -> None:
    """The stand-in and the model agree on at least 10,000 answers in a row."""
    Compared.count = 0
    run_state_machine_as_test(
        MarketoTwins,
        settings=settings(max_examples=300, stateful_step_count=50),
    )

    assert Compared.count >= NIGHTLY_OPERATIONS_MIN

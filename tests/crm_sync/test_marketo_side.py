"""The Marketo side over HTTP: what it reads, writes and says of the stand-in's reminders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests
from tests.crm_sync.both import Wire

from crm_sync.errors import AccessRefused, RecordRefused, ServiceUnavailable
from crm_sync.lens import parse_moment
from crm_sync.marketo.lenses import DETAIL, FOLLOWS, OWNER
from crm_sync.model import Record
from crm_sync.sides.marketo import PAGE_ROWS, REMINDER, Marketo, TaskSync
from crm_sync.sides.partner import Gone, Parent, Partner, Person
from fake_core import ControlClient, Fake, FrozenClock, InProcess
from fake_core.testing import clean
from fake_marketo import TenantConfig, User, create_app

URL = "https://sia.understudy.example"
TASK, OTHER = "00T1a000000XYZUEA4", "00T1A000000xyzuUAA"  # the same but for case
CONTACT, LEAD = "0035e000004aBcDEAU", "00Q5e000004aBcDEAU"
USERS = (
    User(id=1, name="Ann", email="ann@acme.example", token="ann", sf_user_id="005000000000001AAA", sf_connected=True),
    User(id=2, name="Bo", email="bo@acme.example", token="bo"),
)
WORLD = {
    "people": [
        {"id": 1, "name": "Pat", "email": "pat@a.example", "owner": 1, "shared": True, "sf_contact_id": CONTACT},
        {"id": 2, "name": "Pat", "email": "pat@a.example", "owner": 1, "sf_lead_id": LEAD},
        {"id": 3, "name": "Quin", "owner": 1},
    ],
    "campaign_steps": [{"id": 7, "campaign_name": "Spring", "day": 3, "step": 2}],
}


@dataclass(frozen=True)
class Token:
    """A login."""

    token: str
    base_url: str = URL


class Sia:
    """The fake, and sides of its users whose requests pass one wire."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake
        self.wire = Wire(InProcess([fake]).adapter())
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("https://", self.wire)
        self.control = ControlClient(URL, self.session)
        assert isinstance(fake.clock, FrozenClock)
        self.clock = fake.clock
        self.ann, self.bo = self.side("ann"), self.side("bo")

    def side(self, token: str) -> Marketo:
        """As a new process would make it."""
        return Marketo(Token(token), session=self.session, clock=self.clock)

    def call(self, method: str, path: str, body: Any = None, *, token: str = "ann") -> Any:
        """What a user does, past the wire."""
        session = InProcess([self.fake]).session()
        headers = {"Authorization": f"Bearer {token}"}
        answer = session.request(method, f"{URL}/_standin/sia{path}", json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def remind(self, *, token: str = "ann", **keys: Any) -> str:
        return str(self.call("POST", "/reminders", {"name": "Call Pat", **keys}, token=token)["id"])


@pytest.fixture(scope="module")
def acme() -> Iterator[Fake]:
    fake = create_app(clock=FrozenClock(), org=TenantConfig(users=USERS, seed=WORLD))
    yield fake
    fake.close()


@pytest.fixture
def sia(acme: Fake) -> Sia:
    clean(acme)
    return Sia(acme)


def ids(records: Iterator[Record]) -> list[str]:
    return [record.id for record in records]


# -- reading ------------------------------------------------------------------------------------------


def test_it_is_a_partner(sia: Sia) -> None:
    """The side offers all that the engine asks of a partner."""
    partner: Partner = sia.ann

    assert ("marketo", "sf_task_id", ("",)) == (partner.name, partner.keyable(REMINDER), partner.parts(REMINDER))


def test_changes_come_newest_first(sia: Sia) -> None:
    """What changed at the moment or later, the newest first, with the reminder's own stamp."""
    first = sia.remind()
    sia.clock.advance(timedelta(seconds=60))
    second = sia.remind()
    since = sia.clock.now()
    sia.clock.advance(timedelta(seconds=60))
    third = sia.remind(details="a\nb")

    assert [third, second, first] == ids(sia.ann.changed_since(REMINDER, None))
    newest, *others = sia.ann.changed_since(REMINDER, since)
    assert [second] == ids(iter(others))
    assert ("a\nb", sia.clock.now()) == (newest.get("details"), newest.changed_at)
    assert [third] == ids(sia.ann.changed_since(REMINDER, since + timedelta(microseconds=1500)))


def test_every_page_is_read_and_what_moves_comes_once(sia: Sia) -> None:
    """A reminder edited while the list is read is given once, as it was read last."""
    rows = [{"id": n, "name": str(n)} for n in range(1, PAGE_ROWS + 3)]
    sia.control.seed({"reminders": rows})
    plain = sia.wire.send

    def edit_behind_the_first_page(request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer = plain(request, **options)
        if len(sia.wire.sent) == 1:
            sia.clock.advance(timedelta(seconds=1))
            sia.call("PATCH", "/reminders/1", {"name": "edited"})
        return answer

    sia.wire.arm(None)
    sia.wire.send = edit_behind_the_first_page  # type: ignore[method-assign]
    found = list(sia.ann.changed_since(REMINDER, None))

    assert ["1", *(str(n) for n in range(PAGE_ROWS + 2, 1, -1))] == [record.id for record in found]
    assert "edited" == found[0].get("name")


def test_a_deletion_is_told_by_its_tombstone(sia: Sia) -> None:
    """A deleted reminder is in no list of the living; its tombstone says when, and what it was linked with."""
    kept, linked, free = sia.remind(), sia.remind(sf_task_id=TASK), sia.remind()
    before = sia.clock.now()
    sia.clock.advance(timedelta(seconds=60))
    for gone in (linked, free):
        sia.call("DELETE", f"/reminders/{gone}")
    now = sia.clock.now()

    assert [kept] == ids(sia.ann.changed_since(REMINDER, None))
    assert [Gone(linked, now, TASK), Gone(free, now)] == list(sia.ann.deleted_since(REMINDER, before))
    assert [] == list(sia.ann.deleted_since(REMINDER, now + timedelta(seconds=1)))


def test_one_reminder(sia: Sia) -> None:
    """By its id; nothing for a deleted one."""
    made = sia.remind(name="Mine")

    found = sia.ann.get(REMINDER, made)
    assert found is not None
    assert "Mine" == found.get("name")
    sia.call("DELETE", f"/reminders/{made}")
    assert sia.ann.get(REMINDER, made) is None
    assert sia.ann.update(REMINDER, made, {"details": "x"}) is None
    assert sia.ann.delete(REMINDER, made) is False


@pytest.mark.rule("F25", "F26", "M24")
def test_out_of_sight_is_not_deleted(sia: Sia) -> None:
    """A reminder that was assigned away is refused, never taken for deleted."""
    made = sia.remind(token="bo", assignee=1, person=1)
    assert sia.ann.get(REMINDER, made) is not None

    sia.call("PATCH", f"/reminders/{made}", {"assignee": 2}, token="bo")

    for ask in (
        lambda: sia.ann.get(REMINDER, made),
        lambda: sia.ann.update(REMINDER, made, {"details": "x"}),
        lambda: sia.ann.delete(REMINDER, made),
    ):
        with pytest.raises(RecordRefused, match="nobody deleted it") as refused:
            ask()
        assert "NOT_VISIBLE" == refused.value.code


@pytest.mark.rule("M23")
def test_the_link_alone_finds_a_reminder(sia: Sia) -> None:
    """By the Salesforce id with its case; of two with one id the older; a tombstone is not found."""
    other = sia.remind(sf_task_id=OTHER)
    older, _ = sia.remind(sf_task_id=TASK), sia.remind(sf_task_id=TASK)

    def found(sf_id: str) -> str | None:
        record = sia.ann.by_salesforce_id(REMINDER, sf_id)
        return record.id if record else None

    assert older == found(TASK)
    sia.clock.advance(timedelta(seconds=1))
    sia.call("PATCH", f"/reminders/{older}", {"details": "now the newest"})

    assert (older, other, None) == (found(TASK), found(OTHER), found("00T000000000009AAA"))
    sia.call("DELETE", f"/reminders/{other}")
    assert found(OTHER) is None


@pytest.mark.rule("M24")
def test_a_side_is_one_users(sia: Sia) -> None:
    """Another user's reminders, and other people's, are not seen."""
    mine, theirs = sia.remind(), sia.remind(token="bo")

    assert ([mine], [theirs]) == (
        ids(sia.ann.changed_since(REMINDER, None)),
        ids(sia.bo.changed_since(REMINDER, None)),
    )
    assert ("1", "005000000000001AAA", "2", "") == (
        sia.ann.me().id,
        sia.ann.me().sf_user_id,
        sia.bo.me().id,
        sia.bo.me().sf_user_id,
    )
    assert [Person("1", "ann@acme.example"), Person("2", "bo@acme.example")] == list(sia.ann.users())
    assert ["005000000000001AAA", ""] == [user.sf_user_id for user in sia.ann.team()]


@pytest.mark.rule("M26")
def test_people_are_known_by_their_stored_ids(sia: Sia) -> None:
    """Two people with one e-mail stay two; a person has the id of the contact, or of the lead, or none."""
    assert [Parent("1", CONTACT), Parent("2", LEAD), Parent("3", "")] == list(sia.ann.parents())
    assert [Parent("1", CONTACT)] == list(sia.bo.parents())


@pytest.mark.rule("M1", "M15")
def test_the_settings(sia: Sia) -> None:
    """Off until it is switched on; the latest enabling counts, and stays known when the sync is off again."""
    assert TaskSync(False, None, "{{activity_subject}}") == sia.ann.settings()

    sia.call("PATCH", "/settings", {"task_sync": "on"})
    first = sia.clock.now()
    assert TaskSync(True, first, "{{activity_subject}}") == sia.ann.settings()
    sia.clock.advance(timedelta(days=1))
    sia.call("PATCH", "/settings", {"task_sync": "off", "activity_detail_template": "x"})
    assert TaskSync(False, first, "x") == sia.ann.settings()
    sia.call("PATCH", "/settings", {"task_sync": "on"})
    assert TaskSync(True, sia.clock.now(), "x") == sia.ann.settings()
    assert sia.bo.settings().on is False


def test_campaign_steps(sia: Sia) -> None:
    """What a template can say of a sales campaign."""
    assert {7: {"id": 7, "campaign_name": "Spring", "day": 3, "step": 2}} == sia.ann.campaign_steps()


@pytest.mark.rule("M25")
def test_logged_activities(sia: Sia) -> None:
    """What the integration logged by itself is known by id, once, to every user of the tenant."""
    sia.ann.log(TASK)
    sia.ann.log(TASK)

    assert {TASK} == sia.bo.logged()
    sia.clock.advance(timedelta(seconds=1))
    sia.bo.log(OTHER)
    assert {OTHER} == sia.ann.logged(sia.clock.now())


# -- writing ------------------------------------------------------------------------------------------


def test_an_update_says_what_is_stored(sia: Sia) -> None:
    """Only the sent keys change; setting the link is no edit."""
    made = sia.remind(details="kept", due_date="2026-02-28")
    stamp = sia.clock.now()
    sia.clock.advance(timedelta(seconds=1))

    linked = sia.ann.update(REMINDER, made, {"sf_task_id": TASK})
    assert linked is not None
    assert (TASK, stamp) == (linked.get("sf_task_id"), linked.changed_at)
    edited = sia.ann.update(REMINDER, made, {"status": "complete", "due_date": None})
    assert edited is not None
    assert ("complete", None, "kept") == tuple(edited.get(name) for name in ("status", "due_date", "details"))


def test_a_delete_is_seen_by_people(sia: Sia) -> None:
    """A deleted reminder leaves its tombstone, as one that a person deleted."""
    made = sia.remind()

    assert sia.ann.delete(REMINDER, made) is True
    assert [made] == [gone.record_id for gone in sia.ann.deleted_since(REMINDER, None)]


def test_upsert_makes_or_adopts(sia: Sia) -> None:
    """One reminder for each Salesforce task, however often; a refused item names itself and the others go on."""
    known = sia.remind(name="Known", sf_task_id=OTHER)
    items = [
        {"sf_task_id": TASK, "name": "New"},
        {"sf_task_id": OTHER, "details": "adopted"},
        {"sf_task_id": "00T000000000009AAA", "name": "Low", "priority": "low"},
    ]

    for _ in range(2):
        told = sia.ann.upsert(REMINDER, items)
        assert {TASK, OTHER} == told.done
        assert ["00T000000000009AAA"] == list(told.refused)
        assert "BAD_VALUE" == told.refused["00T000000000009AAA"].code
    assert 2 == len(list(sia.ann.changed_since(REMINDER, None)))
    adopted = sia.ann.get(REMINDER, known)
    assert adopted is not None
    assert ("Known", "adopted") == (adopted.get("name"), adopted.get("details"))


@pytest.mark.rule("F01")
@pytest.mark.parametrize("how", ["lose request", "lose response", "500 after"])
@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_creation_in_doubt_is_not_doubled(sia: Sia, how: str, at: int) -> None:
    """Whichever request of an upsert has no answer: one reminder, and it is told as stored."""
    sia.wire.arm(at, how)

    told = sia.ann.upsert(REMINDER, [{"sf_task_id": TASK, "name": "Once"}])

    assert {TASK} == told.done
    assert 1 == len(sia.call("GET", "/reminders")["items"])


@pytest.mark.rule("M27")
def test_a_failure_stands_on_the_diagnostics_page_once(sia: Sia) -> None:
    """A failure that lasts is one row until a person has seen to it; another record's is another row."""
    made = sia.remind(sf_task_id=TASK)

    def tell(side: Marketo) -> bool:
        return side.diagnose("update", "INVALID_TYPE", "why", reminder=made, sf_task_id=TASK)

    assert (True, False, False) == (tell(sia.ann), tell(sia.ann), tell(sia.side("ann")))
    assert sia.ann.diagnose("create", "INVALID_TYPE", "why", reminder=made)
    rows = sia.call("GET", "/diagnostics")["items"]
    assert [(int(made), TASK, "Access/Validation", False), (int(made), None, "Access/Validation", False)] == [
        (row["reminder"], row["sf_task_id"], row["category"], row["retried"]) for row in rows
    ]
    sia.call("POST", f"/diagnostics/{rows[0]['id']}/acknowledge")
    assert (True, False) == (tell(sia.side("ann")), tell(sia.side("ann")))


@pytest.mark.rule("M12", "M24")
def test_what_stands_beside_a_reminders_own_keys(sia: Sia) -> None:
    """A record says what the user's template makes of it and who its assignee is in Salesforce, asked for once."""
    sia.call("PATCH", "/settings", {"activity_detail_template": "{{activity_type}}: {{sales_campaign_name}}"})
    made = sia.remind(type="Call", campaign_step=7)
    handed_on = sia.remind(assignee=2, person=1)

    found = {record.id: record for record in sia.ann.changed_since(REMINDER, None)}
    calls = len(sia.wire.sent)

    assert ("Call: Spring", False) == (found[made].get(DETAIL), found[made].get(FOLLOWS))
    assert ("005000000000001AAA", "") == (found[made].get(OWNER), found[handed_on].get(OWNER))
    assert 2 == len(list(sia.ann.changed_since(REMINDER, None)))
    assert calls + 1 == len(sia.wire.sent)
    sia.call("PATCH", "/settings", {"activity_detail_template": "{{Activity_Subject}}"})
    again = sia.side("ann").get(REMINDER, made)
    assert again is not None
    assert ("Call Pat", True) == (again.get(DETAIL), again.get(FOLLOWS))


def test_ids_are_numbers_here(sia: Sia) -> None:
    """The engine's texts of ids are sent as the numbers that they are."""
    sia.ann.upsert(REMINDER, [{"sf_task_id": TASK, "name": "x", "person": "1"}])

    assert 1 == sia.call("GET", "/reminders")["items"][0]["person"]


# -- when it goes wrong ---------------------------------------------------------------------------------


def test_a_token_that_is_nobodys(sia: Sia) -> None:
    """The run ends with what to check."""
    with pytest.raises(AccessRefused, match=r"check marketo\.token"):
        sia.side("nobody").settings()


def test_an_outage_is_waited_for(sia: Sia) -> None:
    """503 is tried again; when it lasts, the run ends and says that nothing is lost."""
    made = sia.remind()
    sia.control.add_fault(kind="unavailable", times=2)
    assert [made] == ids(sia.ann.changed_since(REMINDER, None))

    sia.control.add_fault(kind="unavailable", times=None)
    with pytest.raises(ServiceUnavailable, match="nothing is lost"):
        sia.ann.update(REMINDER, made, {"details": "x"})


def test_stamps_are_whole_moments(sia: Sia) -> None:
    """A cursor taken from a record finds that record again."""
    sia.clock.advance(timedelta(microseconds=123_456))
    made = sia.remind()
    (record,) = sia.ann.changed_since(REMINDER, None)

    assert parse_moment(record.get("updated_at")) == record.changed_at
    assert [made] == ids(sia.ann.changed_since(REMINDER, record.changed_at))

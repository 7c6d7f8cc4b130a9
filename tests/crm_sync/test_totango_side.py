"""What the Totango side says of the service it meets: over HTTP, in process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests

from crm_sync.errors import AccessRefused, RecordRefused, ServiceUnavailable
from crm_sync.model import Record
from crm_sync.sides import totango
from crm_sync.sides.partner import Parent, Partner
from crm_sync.sides.totango import Totango
from crm_sync.totango.stamps import milliseconds, moment
from fake_core import ControlClient, Fake, FrozenClock, InProcess
from fake_core.testing import clean
from fake_totango import ApiToken, TenantConfig, create_app

URL = "https://api.totango.com"
ACCOUNT = "0015e00000BbCcDAAV"
TASK_ID = "00T1a000000XYZUEA4"
TWIN_ID = "00T1A000000xyzuUAA"
EVENT_ID = "00U5e000004aBcDEAU"
CHANGES = pytest.mark.parametrize(
    ("model", "row", "changes"),
    [
        ("Task", {"title": "Call"}, {"title": "Call Ada", "priority": 1, "due_date": "2026-02-01"}),
        ("Touchpoint", {"content": "Met."}, {"subject": "Met Ada", "content": "Long."}),
    ],
)


@dataclass(frozen=True)
class Login:
    base_url: str = URL
    token: str = "secret"


class Service:
    """A service, a person who uses it, and the side under test."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake
        self.session = InProcess([fake]).session()
        self.control = ControlClient(URL, self.session)
        self.side = self.side_of(Login())

    def side_of(self, login: Login, **options: Any) -> Totango:
        return Totango(login, session=self.session, clock=self.clock, **options)

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.fake.clock, FrozenClock)
        return self.fake.clock

    def now(self) -> int:
        return milliseconds(self.clock.now())

    def call(self, method: str, path: str, **body: Any) -> requests.Response:
        return self.session.request(method, URL + path, headers={"app-token": "other"}, **body)

    def seed(self, kind: str, *rows: dict[str, Any]) -> list[Any]:
        """Records of acme; their ids."""
        found = self.control.seed({kind: [{"account_id": ACCOUNT, **row} for row in rows]})
        ids: list[Any] = found.get(kind, [])
        return ids

    def row(self, kind: str, key: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.call("GET", f"/_standin/totango/records/{kind}/{key}").json()
        return answer


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    config = TenantConfig(tokens=[ApiToken("secret", email="sync@us.example"), ApiToken("other")])
    fake = create_app(clock=FrozenClock(), org=config)
    yield fake
    fake.close()


@pytest.fixture
def service(fake: Fake) -> Service:
    clean(fake)
    service = Service(fake)
    service.control.seed({"accounts": [{"id": ACCOUNT, "name": "Acme"}, {"id": "bolt", "name": "Bolt"}]})
    return service


def ids(records: Iterator[Record]) -> list[str]:
    return [record.id for record in records]


def test_it_is_a_partner(service: Service) -> None:
    """The side offers all that the engine asks of a partner."""
    partner: Partner = service.side

    assert ("totango", "external_id", "", ("",)) == (
        partner.name, partner.keyable("Touchpoint"), partner.keyable("CampaignTouch"), tuple(partner.parts("Task")),
    )  # fmt: skip


@pytest.mark.parametrize("model", ["Task", "Touchpoint", "CampaignTouch"])
def test_changes_come_newest_first(service: Service, model: str) -> None:
    """Records updated at a moment or later, the last update first, the moment included."""
    kind = totango.KIND[model]
    made = service.seed(kind, *({"updated_at": stamp} for stamp in (3000, 1000, 2000, 2500)))

    assert [str(made[n]) for n in (0, 3, 2)] == ids(service.side.changed_since(model, moment(2000)))
    assert [str(made[n]) for n in (0, 3, 2, 1)] == ids(service.side.changed_since(model, None))


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 19, 20, 21, 45])
def test_pages_are_one_list(service: Service, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paged or not, each record comes once and in order."""
    monkeypatch.setattr(totango, "PAGE_ROWS", 10)
    made = service.seed("tasks", *({"title": "x", "updated_at": n // 3} for n in range(count)))

    assert [str(one) for one in reversed(made)] == ids(service.side.changed_since("Task", None))


def _edit_oldest(service: Service, made: list[int]) -> None:
    service.call("PUT", f"/api/v3/tasks/{made[0]}", json={"title": "edited"})


def _delete_newest(service: Service, made: list[int]) -> None:
    for one in made[-30:]:
        service.call("DELETE", f"/api/v3/tasks/{one}")


def _insert_old(service: Service, _made: list[int]) -> None:
    service.seed("tasks", *({"title": "old", "updated_at": 1} for _ in range(17)))


@pytest.mark.parametrize("meanwhile", [_edit_oldest, _delete_newest, _insert_old])
def test_what_changes_while_paging_loses_nothing(
    service: Service, meanwhile: Callable[[Service, list[int]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that nobody touched comes, whatever happens to the others between two pages."""
    monkeypatch.setattr(totango, "PAGE_ROWS", 10)
    made = service.seed("tasks", *({"title": "x", "updated_at": 10 + n} for n in range(45)))

    found: list[str] = []
    for number, record in enumerate(service.side.changed_since("Task", None)):
        if number == 12:
            meanwhile(service, made)
        found.append(record.id)

    untouched = made[1:-30] if meanwhile is _delete_newest else made[1:]
    assert {str(one) for one in untouched} <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.rule("T5")
@CHANGES
def test_an_import_makes_and_adopts(service: Service, model: str, row: dict[str, Any], changes: dict[str, Any]) -> None:
    """Records are imported under their Salesforce id: made the first time, updated after, whatever the case."""
    kind = totango.KIND[model]
    item = {"external_id": TASK_ID, "account_id": ACCOUNT, **row}

    first = service.side.upsert(model, [item, {**item, "external_id": TWIN_ID}])
    again = service.side.upsert(model, [{**item, **changes, "external_id": TASK_ID.upper()}])

    assert ({TASK_ID, TWIN_ID}, {TASK_ID.upper()}) == (set(first.done), set(again.done))
    assert 2 == len(list(service.side.changed_since(model, None)))
    found = service.side.by_salesforce_id(model, TASK_ID)
    assert found is not None
    assert changes == {name: found.get(name) for name in changes}
    assert TASK_ID.lower() == service.row(kind, found.id)["external_id"]


@pytest.mark.rule("T11")
def test_a_row_without_account_is_refused_alone(service: Service) -> None:
    """A row whose account is not there is refused; the others of the same call are imported."""
    told = service.side.upsert(
        "Task",
        [
            {"external_id": TASK_ID, "account_id": "nobody", "title": "x"},
            {"external_id": TWIN_ID, "account_id": ACCOUNT, "title": "x"},
        ],
    )

    assert ({TWIN_ID}, {TASK_ID}) == (set(told.done), set(told.refused))
    assert "Account not found" in str(told.refused[TASK_ID])


@pytest.mark.rule("T16")
@pytest.mark.parametrize(("model", "row"), [("Task", {"title": " "}), ("Touchpoint", {"subject": " ", "content": ""})])
def test_a_row_that_says_nothing_is_refused(service: Service, model: str, row: dict[str, Any]) -> None:
    """A task needs a Title, a touchpoint Subject or Content; blanks say nothing."""
    told = service.side.upsert(model, [{"external_id": TASK_ID, "account_id": ACCOUNT, **row}])

    assert ["row_rejected"] == [error.code for error in told.refused.values()]
    assert None is service.side.by_salesforce_id(model, TASK_ID)


@pytest.mark.rule("T6")
@CHANGES
def test_an_update_names_the_record_by_its_own_id(
    service: Service, model: str, row: dict[str, Any], changes: dict[str, Any]
) -> None:
    """Fields are merged into the record with Totango's id; the record is answered as it is now."""
    made = str(service.seed(totango.KIND[model], row)[0])

    updated = service.side.update(model, made, changes)

    assert updated is not None
    assert changes == {name: updated.get(name) for name in changes}
    assert service.side.get(model, made) == updated
    assert None is service.side.update(model, "99", changes)


@CHANGES
def test_the_vendors_own_update_is_used_where_it_can_do_it(
    service: Service, model: str, row: dict[str, Any], changes: dict[str, Any]
) -> None:
    """What v3 takes goes by v3; what only a job writes goes by import."""
    kind = totango.KIND[model]
    made = str(service.seed(kind, row)[0])
    service.fake.journal.clear()

    service.side.update(model, made, changes)
    service.side.update(model, made, {"external_id": TASK_ID})

    puts = [one["path"].split("?")[0] for one in service.fake.exchanges() if one["method"] == "PUT"]
    assert [f"/api/v3/{kind}/{made}", f"/_standin/totango/records/{kind}/{made}"] == puts
    assert TASK_ID.lower() == service.row(kind, made)["external_id"]


@pytest.mark.rule("T16")
def test_a_touchpoint_may_lose_its_content_and_keep_its_subject(service: Service) -> None:
    """The import takes a subject alone, which v3 would not."""
    made = str(service.seed("touchpoints", {"subject": "Met", "content": "Long."})[0])

    updated = service.side.update("Touchpoint", made, {"content": ""})
    with pytest.raises(RecordRefused, match="Subject or Content"):
        service.side.update("Touchpoint", made, {"content": "", "subject": " "})

    assert updated is not None
    assert ("Met", "") == (updated.get("subject"), updated.get("content"))


@pytest.mark.rule("T43")
@pytest.mark.parametrize("fields", [{"content": "x" * 12_001}, {"content": "x" * 12_001, "updated_at": 9}])
def test_a_refused_update_says_why(service: Service, fields: dict[str, Any]) -> None:
    """Content past 12,000 characters is refused, and nothing is written."""
    made = str(service.seed("touchpoints", {"subject": "Met", "content": "Long."})[0])

    with pytest.raises(RecordRefused, match="content is longer than 12000 characters"):
        service.side.update("Touchpoint", made, fields)

    assert "Long." == service.row("touchpoints", made)["content"]


@pytest.mark.rule("T36")
@pytest.mark.parametrize(("written", "kept"), [(5_000, 5_000), (1_000, 3_000)])
def test_the_last_update_never_goes_back(service: Service, written: int, kept: int) -> None:
    """Last Update Date comes from Salesforce, but never hides a later update in Totango from the next scan."""
    made = str(service.seed("tasks", {"title": "x", "updated_at": 3_000})[0])

    updated = service.side.update("Task", made, {"title": "y", "updated_at": written, "updated_by": "rep@crm.example"})

    assert updated is not None
    assert ("y", kept, "rep@crm.example") == (
        updated.get("title"),
        updated.get("updated_at"),
        updated.get("updated_by"),
    )


class Between(requests.adapters.BaseAdapter):
    """Lets somebody act right before the n-th request that changes something."""

    def __init__(self, inner: requests.adapters.BaseAdapter, act: Callable[[], Any]) -> None:
        super().__init__()
        self._inner, self._act, self._done = inner, act, False

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        if request.method == "PUT" and not self._done:
            self._done = True
            self._act()
        return self._inner.send(request, *args, **options)

    def close(self) -> None:
        self._inner.close()


@pytest.mark.rule("T36")
@pytest.mark.parametrize("behind_seconds", [0, 3_600], ids=["one clock", "ours is an hour behind"])
@pytest.mark.parametrize("adopted", [False, True])
def test_an_edit_that_comes_between_is_seen_by_the_next_scan(
    service: Service, *, adopted: bool, behind_seconds: int
) -> None:
    """A person edits a record while the sync writes an old Last Update Date to it: the scan still finds that edit."""
    made = str(service.seed("tasks", {"title": "x", "external_id": TASK_ID, "updated_at": 3_000})[0])
    service.clock.advance(timedelta(minutes=1))
    before = service.clock.now()
    edit = {"description": "by a person"}
    wire = Between(InProcess([service.fake]).adapter(), lambda: service.call("PUT", f"/api/v3/tasks/{made}", json=edit))
    session = requests.Session()
    session.mount("https://", wire)
    ours = FrozenClock(before - timedelta(seconds=behind_seconds))
    side = Totango(Login(), session=session, clock=ours)

    if adopted:
        side.upsert("Task", [{"external_id": TASK_ID, "account_id": ACCOUNT, "title": "y", "updated_at": 4_000}])
    else:
        side.update("Task", made, {"title": "y", "updated_at": 4_000})

    found = list(side.changed_since("Task", before))
    assert [("y", "by a person")] == [(one.get("title"), one.get("description")) for one in found]


@pytest.mark.rule("T39")
@CHANGES
def test_deletions_are_told_with_their_time(
    service: Service, model: str, row: dict[str, Any], changes: dict[str, Any]
) -> None:
    """Who was deleted, when, and under which Salesforce id; deleting again finds nothing."""
    del changes
    first, second = service.seed(totango.KIND[model], {**row, "external_id": EVENT_ID}, {**row, "external_id": "own"})
    assert True is service.side.delete(model, str(first))
    service.clock.advance(timedelta(hours=1))
    later = service.clock.now()
    assert (True, False, False) == tuple(service.side.delete(model, one) for one in (str(second), str(second), "99"))

    told = service.side.deleted_since(model, None)
    assert [(str(first), EVENT_ID), (str(second), "")] == [(one.record_id, one.sf_id) for one in told]
    assert [(str(second), later)] == [(one.record_id, one.at) for one in service.side.deleted_since(model, later)]
    assert None is service.side.get(model, str(first))


@pytest.mark.rule("T6")
def test_a_record_that_is_gone_is_not_mistaken_for_another(service: Service) -> None:
    """Totango's id of a deleted task is the external id of another one: that one is left alone."""
    gone = service.seed("tasks", {"title": "gone"})[0]
    service.side.delete("Task", str(gone))
    service.seed("tasks", {"title": "mine", "external_id": str(gone)})

    answers = [
        service.side.get("Task", str(gone)),
        service.side.update("Task", str(gone), {"title": "x"}),
        service.side.update("Task", str(gone), {"title": "x", "updated_at": 9}),
        service.side.delete("Task", str(gone)),
    ]

    assert [None, None, None, False] == answers
    assert ["mine"] == [one.get("title") for one in service.side.changed_since("Task", None)]


@pytest.mark.rule("T6")
def test_a_key_of_two_records_is_refused(service: Service) -> None:
    """An id that is another record's external id: the code is ambiguous_key and neither is touched."""
    made = service.seed("tasks", {"title": "first"})[0]
    service.seed("tasks", {"title": "second", "external_id": str(made)})

    with pytest.raises(RecordRefused) as caught:
        service.side.update("Task", str(made), {"title": "x", "updated_at": 9})

    assert "ambiguous_key" == caught.value.code
    assert {"first", "second"} == {one.get("title") for one in service.side.changed_since("Task", None)}


@pytest.mark.rule("T8")
def test_an_account_id_is_not_folded(service: Service) -> None:
    """The account's id is the second key, letter for letter; one in another case names no Salesforce account."""
    service.control.seed({"accounts": [{"id": ACCOUNT.lower()}, {"id": ACCOUNT[:15]}]})

    assert {
        Parent(ACCOUNT, ACCOUNT), Parent("bolt"), Parent(ACCOUNT.lower()), Parent(ACCOUNT[:15])
    } == set(service.side.parents())  # fmt: skip


def test_accounts_are_paged_by_record_and_reached_from_both_ends(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search reaches so many records and no more: the rest is read from the other end of the order."""
    monkeypatch.setattr(totango, "PAGE_ROWS", 4)
    monkeypatch.setattr(totango, "REACH_ROWS_MAX", 8)
    service.control.seed({"accounts": [{"id": f"a{n}"} for n in range(13)]})

    assert 15 == len(service.side.parents())
    service.control.seed({"accounts": [{"id": f"b{n}"} for n in range(3)]})
    with pytest.raises(Exception, match="Totango has 18 accounts"):
        service.side.parents()


def test_an_attribute_can_name_the_salesforce_account(service: Service) -> None:
    """Where a service's account ids are its own, an attribute holds the Salesforce id."""
    service.control.seed({"accounts": [{"id": "crane", "attributes": {"SF Account": ACCOUNT}}]})
    side = service.side_of(Login(), account_field="SF Account")

    assert {Parent("crane", ACCOUNT), Parent("bolt"), Parent(ACCOUNT)} == set(side.parents())


@pytest.mark.parametrize(("retry_after", "seconds"), [("reset", 40), ("none", 40), ("sixty", 60)])
def test_the_hundred_and_first_call_of_a_minute_waits(service: Service, retry_after: str, seconds: int) -> None:
    """429 is waited out as Retry-After says, else RateLimit-Reset, on the clock that was handed in; no call is lost."""
    service.control.seed({"switches": {"retry_after": retry_after}})
    made = str(service.seed("tasks", {"title": "x"})[0])
    service.side.update("Task", made, {"title": "first of its minute"})
    service.clock.advance(timedelta(seconds=20))
    began = service.clock.now()

    for n in range(100):
        assert None is not service.side.update("Task", made, {"title": f"x{n}"})

    assert "x99" == service.row("tasks", made)["title"]
    assert seconds == (service.clock.now() - began).total_seconds()


def test_a_wrong_token_says_where_to_look(service: Service) -> None:
    """The run ends with one line that names the key of the configuration."""
    for status in (401, 403, 400):
        service.control.seed({"switches": {"unauthorized_status": status}})
        with pytest.raises(AccessRefused, match=r"totango\.token"):
            service.side_of(Login(token="wrong")).get("Task", "1")


def test_an_address_that_is_no_hub_is_no_evidence(service: Service) -> None:
    """404 of an address that nobody serves does not mean that a record is gone."""
    for path in ("/elsewhere", "/api"):
        with pytest.raises(AccessRefused, match=r"totango\.base_url"):
            service.side_of(Login(base_url=URL + path)).get("Task", "1")


@pytest.mark.parametrize("shape", ["object", "message", "text"])
def test_refusals_are_read_in_every_shape(service: Service, shape: str) -> None:
    """An object with a type, one with a message, or the bare text: the words arrive."""
    service.control.seed({"switches": {"error_body": shape}})
    made = str(service.seed("tasks", {"title": "x"})[0])

    with pytest.raises(RecordRefused, match="priority is not valid"):
        service.side.update("Task", made, {"priority": 9})


@pytest.mark.parametrize("shape", ["as_others", "errors_200", "failed"])
def test_a_refused_search_is_no_empty_answer(service: Service, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some refusals of the search come with status 200: they are not taken for "no accounts"."""
    service.control.seed({"switches": {"v1_refusals": shape, "count_over_max": "refuse"}})
    monkeypatch.setattr(totango, "PAGE_ROWS", 1_001)

    with pytest.raises(RecordRefused, match="count is at most 1000"):
        service.side.parents()


def test_a_service_that_does_not_answer_ends_the_run(service: Service) -> None:
    """After every attempt the run ends, and nothing is taken for gone."""
    service.control.add_fault(kind="unavailable", times=9)

    with pytest.raises(ServiceUnavailable, match="totango did not answer GET"):
        service.side.get("Task", "1")

"""What an integration job does to records, by external id: the rules of the help article (stand-ins of the hub)."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_core.errors import MisuseError
from fake_totango.operations.keys import fold

from .conftest import DAY, JO, NOW, Api

HELP = "help article on syncing tasks and touchpoints"
ROWS: dict[str, dict[str, Any]] = {"tasks": {"title": "Call"}, "touchpoints": {"content": "Met."}}
KINDS = pytest.mark.parametrize("kind", ROWS)
TASK_ID = "00T1a000000XYZUEA4"


@pytest.mark.rule("T4")
@pytest.mark.evidence("documented", f"{HELP}: stored as lowercase")
@KINDS
@pytest.mark.parametrize("key", [TASK_ID, "ABC", "abc", "Übung_1"])
def test_an_external_id_is_stored_in_lower_case(api: Api, kind: str, key: str) -> None:
    """Whatever the case it came in; only ASCII letters are folded (assumed)."""
    made = api.imported(kind, key, account_id="a1", **ROWS[kind]).json()["record"]

    stored = api.record(kind, made["id"])["external_id"]
    assert "".join(c.lower() if c in string.ascii_uppercase else c for c in key) == stored


@pytest.mark.rule("T4")
@pytest.mark.evidence("assumed", "folding of other letters is not documented; ASCII avoids locale traps")
@given(text=st.text())
def test_folded_ids_stay_as_they_are(text: str) -> None:
    """Folding twice is folding once; letters outside ASCII are left alone; blank is none."""
    folded = fold(text)

    assert (folded is None) == (not text.strip())
    if folded is not None:
        assert folded == fold(folded)
        assert [c for c in text if not c.isascii()] == [c for c in folded if not c.isascii()]
        assert not set(folded) & set(string.ascii_uppercase)


@pytest.mark.rule("T4")
@pytest.mark.evidence("documented", HELP)
def test_seed_data_and_v3_fold_as_well(api: Api) -> None:
    """There is no way to store an external id in upper case."""
    api.control.seed({"tasks": [{"id": 1, "account_id": "a1", "title": "x", "external_id": "ABC"}]})
    api.switch(external_id_in_v3="accept")
    task_id = api.task(external_id="DEF")
    api.put(f"/api/v3/tasks/{task_id}", json={"external_id": "GHI"})

    assert ("abc", "ghi") == (api.row(1)["external_id"], api.row(task_id)["external_id"])
    blank = api.task(external_id="  ")
    assert None is api.row(blank)["external_id"]


@pytest.mark.rule("T5")
@pytest.mark.evidence("documented", HELP)
@KINDS
def test_the_same_key_in_another_case_updates(api: Api, kind: str) -> None:
    """Sending one record twice with its key in two casings leaves one record."""
    first = api.imported(kind, TASK_ID, account_id="a1", **ROWS[kind]).json()
    again = api.imported(kind, TASK_ID.upper(), account_id="a1", **ROWS[kind], updated_at=NOW + 1).json()

    assert ("created", "updated") == (first["outcome"], again["outcome"])
    assert (first["record"]["id"], 1) == (
        again["record"]["id"], api.get(f"/_standin/totango/records/{kind}").json()["total"],
    )  # fmt: skip


@pytest.mark.rule("T5")
@pytest.mark.evidence("documented", HELP)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(casings=st.lists(st.lists(st.booleans(), min_size=18, max_size=18), min_size=1, max_size=4))
def test_any_casing_finds_the_record(api: Api, casings: list[list[bool]]) -> None:
    """All casings of one key are one key."""
    api.fake.store.reset()
    api.control.seed({"accounts": [{"id": "a1"}]})
    keys = ["".join(c.upper() if up else c.lower() for c, up in zip(TASK_ID, one, strict=True)) for one in casings]

    ids = {api.imported("tasks", key, account_id="a1", title="x").json()["record"]["id"] for key in keys}

    assert 1 == len(ids)


@pytest.mark.rule("T6")
@pytest.mark.evidence("documented", f"{HELP}: the DB id works, too")
@KINDS
def test_the_id_is_a_key_too(api: Api, kind: str) -> None:
    """A record of the user interface or of the API has no external id: its id names it, and a job can give it one."""
    record_id = api.task() if kind == "tasks" else api.note()

    assert record_id == api.record(kind, record_id)["id"]
    answer = api.imported(kind, str(record_id), create_new=False, external_id=TASK_ID)
    assert ("updated", TASK_ID.lower()) == (answer.json()["outcome"], answer.json()["record"]["external_id"])
    assert record_id == api.record(kind, TASK_ID)["id"]


@pytest.mark.rule("T6")
@pytest.mark.evidence("assumed", "what wins is not documented: external id first; on two hits nobody guesses")
def test_a_key_that_names_two_records_is_refused(api: Api) -> None:
    """One record's id is another's external id: ambiguous_key, neither is touched. Of one and the same it is fine."""
    record_id = api.task()
    api.control.seed({"tasks": [{"account_id": "a1", "title": "other", "external_id": str(record_id)}]})
    before = api.fake.store.contents()

    answers = [
        api.get(f"/_standin/totango/records/tasks/{record_id}"),
        api.imported("tasks", str(record_id), title="x"),
        api.delete(f"/_standin/totango/records/tasks/{record_id}"),
    ]

    assert [(409, "ambiguous_key")] * 3 == [(a.status_code, a.json()["error"]["type"]) for a in answers]
    assert before == api.fake.store.contents()
    api.control.seed({"tasks": [{"id": 77, "account_id": "a1", "title": "self", "external_id": "77"}]})
    assert "self" == api.record("tasks", 77)["title"]


@pytest.mark.rule("T6")
@pytest.mark.evidence("assumed", "an external id names one record")
def test_an_external_id_is_not_given_twice(api: Api) -> None:
    """Neither by a job, nor by the API where a switch lets it in, nor by seed data."""
    api.imported("tasks", "X1", account_id="a1", title="x")
    other = api.task()
    api.switch(external_id_in_v3="accept")

    assert 409 == api.imported("tasks", str(other), external_id="x1").status_code
    assert 409 == api.put(f"/api/v3/tasks/{other}", json={"external_id": "x1"}).status_code
    with pytest.raises(MisuseError, match="is taken by"):
        api.control.seed({"tasks": [{"account_id": "a1", "external_id": "X1"}]})
    assert None is api.row(other)["external_id"]


@pytest.mark.rule("T11")
@pytest.mark.evidence("documented", f"{HELP}: the account record must exist in Totango")
@KINDS
def test_a_row_without_its_account_is_not_imported(api: Api, kind: str) -> None:
    """It is refused, and is not kept for later: when the account comes, there is nothing."""
    refused = api.imported(kind, "X1", account_id="late", **ROWS[kind])
    api.control.seed({"accounts": [{"id": "late"}]})

    assert (400, "Account not found") == (refused.status_code, refused.json()["error"]["message"])
    assert 404 == api.get(f"/_standin/totango/records/{kind}/X1").status_code


@pytest.mark.rule("T12")
@pytest.mark.evidence("documented", f"{HELP}: the associated account cannot be changed")
@KINDS
@pytest.mark.parametrize("account_id", ["a2", "nope"])
def test_the_account_of_a_record_never_changes(api: Api, kind: str, account_id: str) -> None:
    """A row with another account moves nothing; its other fields are applied, with one warning (assumed)."""
    api.imported(kind, "X1", account_id="a1", **ROWS[kind])
    field = "title" if kind == "tasks" else "content"
    row: dict[str, Any] = {field: "New."}

    answer = api.imported(kind, "x1", account_id=account_id, **row).json()

    assert ("updated", ["account_change_ignored"]) == (answer["outcome"], answer["warnings"])
    assert ("a1", "New.") == (api.record(kind, "X1")["account_id"], api.record(kind, "X1")[field])
    assert [] == api.events("a2")


@pytest.mark.rule("T12")
@pytest.mark.evidence("assumed", "what the API does with another account is not documented")
def test_nor_does_the_api_move_a_record(api: Api) -> None:
    """PUT with another account changes the rest, or is refused by a switch; the record stays where it is."""
    task_id, note_id = api.task(), api.note()
    event_id = api.event_of(note_id)["id"]
    note = {"account_id": "a2", "event_id": event_id, "content": "New."}

    api.put(f"/api/v3/tasks/{task_id}", json={"account_id": "a2", "title": "New"})
    api.put(f"/api/v3/touchpoints/{note_id}", json=note)

    assert ("a1", "New") == (api.row(task_id)["account_id"], api.row(task_id)["title"])
    assert "New." == api.event_of(note_id)["note_content"]["text"]
    api.switch(account_in_update="refuse")
    assert 400 == api.put(f"/api/v3/tasks/{task_id}", json={"account_id": "a2", "title": "No"}).status_code
    assert 400 == api.put(f"/api/v3/touchpoints/{note_id}", json={**note, "content": "No."}).status_code
    assert "New" == api.row(task_id)["title"]


@pytest.mark.rule("T13")
@pytest.mark.evidence("documented", f"{HELP}: a toggle in the settings; that it is off at first is assumed")
@KINDS
def test_new_records_are_made_only_when_asked_for(api: Api, kind: str) -> None:
    """Without create_new an unknown key is refused and a known one updated."""
    off = api.imported(kind, "X1", create_new=False, account_id="a1", **ROWS[kind])
    on = api.imported(kind, "X1", account_id="a1", **ROWS[kind])
    again = api.imported(kind, "X1", create_new=False, **ROWS[kind], updated_at=NOW + 5)

    assert (404, "create_new_off") == (off.status_code, off.json()["error"]["type"])
    assert ("created", "updated") == (on.json()["outcome"], again.json()["outcome"])
    assert 404 == api.put(f"/_standin/totango/records/{kind}/X2", json={"account_id": "a1", **ROWS[kind]}).status_code


@pytest.mark.rule("T16")
@pytest.mark.evidence("documented", f"{HELP}, Known limitations")
@pytest.mark.parametrize(
    ("kind", "row", "refused"),
    [
        ("touchpoints", {"subject": "QBR"}, False),
        ("touchpoints", {"content": "Met."}, False),
        ("touchpoints", {}, True),
        ("touchpoints", {"subject": " \t", "content": "\n"}, True),
        ("tasks", {"title": "Call"}, False),
        ("tasks", {}, True),
        ("tasks", {"title": " "}, True),
        ("tasks", {"description": "only this"}, True),
    ],
)
def test_what_a_row_must_say(api: Api, kind: str, row: dict[str, Any], *, refused: bool) -> None:
    """A touchpoint needs Subject or Content, a task a Title; white space says nothing (assumed)."""
    answer = api.imported(kind, "X1", account_id="a1", **row)

    assert (400 if refused else 200) == answer.status_code
    assert (0 if refused else 1) == api.get(f"/_standin/totango/records/{kind}").json()["total"]
    if refused:
        assert "row_rejected" == answer.json()["error"]["type"]


@pytest.mark.rule("T16")
@pytest.mark.evidence("assumed", "an update that would leave nothing is not documented")
def test_an_update_may_not_leave_a_record_empty(api: Api) -> None:
    """Such a row is refused whole: the old values stay, also of its other fields. One of the two may go."""
    api.imported("touchpoints", "X1", account_id="a1", subject="QBR", content="Met.")
    api.imported("tasks", "X1", account_id="a1", title="Call", description="Why")

    assert 400 == api.imported("touchpoints", "X1", subject="", content=" ").status_code
    assert 400 == api.imported("tasks", "X1", title="", description="gone").status_code
    assert ("QBR", "Met.") == (api.record("touchpoints", "X1")["subject"], api.record("touchpoints", "X1")["content"])
    assert ("Call", "Why") == (api.record("tasks", "X1")["title"], api.record("tasks", "X1")["description"])
    assert 200 == api.imported("touchpoints", "X1", content="").status_code
    assert ("QBR", "") == (api.record("touchpoints", "X1")["subject"], api.record("touchpoints", "X1")["content"])


@pytest.mark.rule("T23")
@pytest.mark.evidence("documented", f"{HELP}: restricted to last updated in last 30 days")
@pytest.mark.parametrize("kind", ["tasks", "touchpoints", "campaign_touches"])
def test_the_window_of_thirty_days_can_be_asked_for(api: Api, kind: str) -> None:
    """updated_from is included: thirty days to the millisecond are in, one more is out (the border is assumed)."""
    start = NOW - 30 * DAY
    record: dict[str, Any] = {"account_id": "a1"}
    api.control.seed({kind: [{**record, "updated_at": start + shift} for shift in (-1, 0, 1)]})

    def stamps(**bounds: int) -> list[int]:
        answer = api.get(f"/_standin/totango/records/{kind}", params=bounds).json()
        return [one["updated_at"] - start for one in answer["records"]]

    assert [0, 1] == stamps(updated_from=start)
    assert [-1, 0] == stamps(updated_to=start)
    assert [-1, 0, 1] == stamps()
    assert [0] == stamps(count=1, offset=1)
    path = f"/_standin/totango/records/{kind}"
    for slip in ({"updated_form": start}, {"updated_from": ""}, {"updated_from": "x"}, {"count": 0}):
        assert 400 == api.get(path, params=slip).status_code


@pytest.mark.rule("T23")
@pytest.mark.evidence("assumed", "what counts as an update is not documented")
def test_every_change_moves_the_last_update(api: Api) -> None:
    """Creating and changing stamp in milliseconds; an import may bring the CRM's own time."""
    task_id = api.task()
    api.clock.advance(1.5)
    api.put(f"/api/v3/tasks/{task_id}", json={"title": "New"})
    assert NOW + 1_500 == api.row(task_id)["updated_at"]

    made = api.imported("tasks", "X1", account_id="a1", title="x", updated_at=NOW - DAY).json()["record"]
    assert NOW - DAY == made["updated_at"]
    assert NOW + 1_500 == api.imported("tasks", "X1", title="y").json()["record"]["updated_at"]


@pytest.mark.rule("T31")
@pytest.mark.evidence("assumed", "the default maps are not symmetric: a naive round trip would replace the author")
def test_creator_and_assigner_are_written_once(api: Api) -> None:
    """Set when a record is made, by import or API; no later row and no update changes them."""
    api.imported("touchpoints", "X1", account_id="a1", content="x", created_by="sf@us.example")
    api.imported("tasks", "X1", account_id="a1", title="x", assigner="sf@us.example", created_at=NOW - DAY)

    api.imported("touchpoints", "X1", content="y", created_by="integration@us.example")
    api.imported("tasks", "X1", title="y", assigner="integration@us.example", created_at=NOW)

    assert ("y", "sf@us.example") == (api.record("touchpoints", "X1")["content"],
                                      api.record("touchpoints", "X1")["created_by"])  # fmt: skip
    assert ("y", "sf@us.example", NOW - DAY) == tuple(
        api.record("tasks", "X1")[name] for name in ("title", "assigner", "created_at")
    )
    note_id = api.note()
    event_id = api.event_of(note_id)["id"]
    api.put(f"/api/v3/touchpoints/{note_id}", json={"event_id": event_id, "created_by": "x@x", "subject": "s"})
    assert JO.email == api.record("touchpoints", note_id)["created_by"]
    assert "sf@us.example" == api.record("touchpoints", "X1")["created_by"]


@pytest.mark.rule("T34")
@pytest.mark.evidence("documented", f"{HELP}: participants are created, later changes do not arrive")
def test_participants_are_set_when_a_touchpoint_is_made(api: Api) -> None:
    """Later rows leave them alone, also a row with nothing else in it."""
    api.imported("touchpoints", "X1", account_id="a1", content="x", participants=["u@a.example"])

    answer = api.imported("touchpoints", "X1", participants=["v@a.example"])

    assert "unchanged" == answer.json()["outcome"]
    assert ["u@a.example"] == api.record("touchpoints", "X1")["participants"]


@pytest.mark.rule("T42")
@pytest.mark.evidence("documented", "Touchpoints API: disable_sync keeps a touchpoint out of Salesforce")
@pytest.mark.parametrize(("sent", "kept"), [(True, True), ("true", True), (False, False), (None, False)])
def test_disable_sync_is_kept(api: Api, sent: Any, *, kept: bool) -> None:
    """It can be read by whoever plays the outbound job, and no update takes it away."""
    note_id = api.note(disable_sync=sent)
    event_id = api.event_of(note_id)["id"]
    api.put(f"/api/v3/touchpoints/{note_id}", json={"event_id": event_id, "content": "New.", "disable_sync": not kept})
    api.imported("touchpoints", str(note_id), content="Newer.", disable_sync=not kept)

    records = api.get("/_standin/totango/records/touchpoints").json()["records"]
    assert [(note_id, kept)] == [(one["id"], one["disable_sync"]) for one in records]


@pytest.mark.rule("T43")
@pytest.mark.evidence("documented", "Touchpoints API: 12K characters; an older copy: 3K")
@pytest.mark.parametrize("limit", [12_000, 3_000])
def test_the_limit_of_content(api: Api, limit: int) -> None:
    """So many characters fit, one more is refused, by API and import alike; characters are not bytes."""
    api.switch(content_limit=limit)

    note_id = api.note(content="é" * limit)
    too_long = api.post("/api/v3/touchpoints/", json={"account_id": "a1", "content": "x" * (limit + 1)})
    imported = api.imported("touchpoints", "X1", account_id="a1", content="x" * (limit + 1))

    event_id = api.event_of(note_id)["id"]
    changed = api.put(f"/api/v3/touchpoints/{note_id}", json={"event_id": event_id, "content": "x" * (limit + 1)})
    assert [400] * 3 == [too_long.status_code, imported.status_code, changed.status_code]
    assert 1 == len(api.events())


@pytest.mark.rule("T43")
@pytest.mark.evidence("documented", "Touchpoints API: no HTML markup")
def test_html_is_kept_as_text(api: Api) -> None:
    """The API renders nothing: what was sent comes back, byte for byte (that it is not stripped is assumed)."""
    html = "<p>a &amp; b</p>\r\n<script>x</script>"

    assert html == api.event_of(api.note(content=html))["note_content"]["text"]


@pytest.mark.rule("T39", "T40")
@pytest.mark.evidence("documented", f"{HELP}: deletions travel both ways; how they are found is assumed")
def test_deletions_are_listed_with_their_times(api: Api) -> None:
    """Whoever deleted, and however: kind, both ids, account and moment, oldest first; asked for from a moment on."""
    api.imported("tasks", "X1", account_id="a1", title="x")
    note_id = api.note()
    api.delete("/_standin/totango/records/tasks/x1")
    api.clock.advance(60)
    api.delete(f"/api/v3/touchpoints/{note_id}",
               params={"account_id": "a1", "event_id": api.event_of(note_id)["id"]})  # fmt: skip

    def listed(**asked: Any) -> list[tuple[Any, ...]]:
        rows = api.get("/_standin/totango/deletions", params=asked).json()["deletions"]
        return [tuple(row[name] for name in ("kind", "external_id", "account_id", "deleted_at")) for row in rows]

    task, note = ("tasks", "x1", "a1", NOW), ("touchpoints", None, "a1", NOW + 60_000)
    assert [task, note] == listed()
    assert [note] == listed(deleted_from=NOW + 60_000) == listed(kind="touchpoints")
    assert [] == api.events()
    assert 404 == api.delete("/_standin/totango/records/tasks/x1").status_code


@pytest.mark.rule("T40")
@pytest.mark.evidence("assumed", "a record that was deleted and comes again is a new one")
def test_a_deleted_record_comes_back_as_a_new_one(api: Api) -> None:
    """The external id is free again; the id is another."""
    first = api.imported("tasks", "X1", account_id="a1", title="x").json()["record"]["id"]
    api.delete("/_standin/totango/records/tasks/X1")

    again = api.imported("tasks", "X1", account_id="a1", title="x").json()

    assert ("created", True) == (again["outcome"], again["record"]["id"] != first)


@pytest.mark.rule("T8")
@pytest.mark.evidence("assumed", "whether account ids are folded is not documented")
def test_account_ids_are_compared_exactly(api: Api) -> None:
    """`A1` is not `a1`."""
    assert 400 == api.imported("tasks", "X1", account_id="A1", title="x").status_code


@pytest.mark.evidence("assumed", "an import that changes nothing")
@KINDS
def test_a_row_that_changes_nothing_is_unchanged(api: Api, kind: str) -> None:
    """The last update stays, no event is made, nothing is written."""
    api.imported(kind, "X1", account_id="a1", **ROWS[kind])
    api.clock.advance(60)
    before = api.fake.store.contents()

    assert "unchanged" == api.imported(kind, "X1", account_id="a1", **ROWS[kind]).json()["outcome"]
    assert before == api.fake.store.contents()


@pytest.mark.evidence("assumed", "ours")
def test_a_v3_answer_shows_the_external_id_or_hides_it(api: Api) -> None:
    """A switch decides whether a task's answer has what Totango may not show; and v3 takes none by itself."""
    task_id = api.task(external_id="X1")

    assert None is api.row(task_id)["external_id"]
    api.switch(external_id_in_v3="hide")
    assert "external_id" not in api.row(task_id)

"""Every switch in every position: what can be seen from outside changes, and only as its row says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from fake_core import MisuseError
from fake_planhat import TenantConfig, create_app
from fake_planhat.switches import SWITCHES, UNKNOWNS

from .conftest import COMPANY_ID, OTHER_ID, USER_ID, Api
from .edge_probes import EDGE_PROBES

NOBODY = "0" * 24


def error_body(api: Api) -> str:
    return api.get(f"/tasks/{NOBODY}").text


def limit_over_max(api: Api) -> Any:
    answer = api.get("/conversations?limit=2001")
    return answer.status_code, answer.text


def owner_in_list(api: Api) -> Any:
    return api.get("/companies").json()[0]["owner"]


def ambiguous(api: Api) -> int:
    for company in (COMPANY_ID, OTHER_ID):
        api.made("/conversations", {"companyId": company, "externalId": "e"})
    return api.get("/conversations/extid-e").status_code


def touched(api: Api) -> Any:
    task = api.task()
    api.clock.advance(60)
    return api.put(f"/tasks/{task['_id']}", {"action": "Call"}).json()["updatedAt"] != task["updatedAt"]


def delete_by_prefix(api: Api) -> int:
    api.task(sourceId="s")
    return api.delete("/tasks/srcid-s").status_code


def user(api: Api, **body: Any) -> Any:
    return api.post("/users", {"email": "n@us.example", "firstName": "N", "lastName": "N", **body})


def trend(api: Api) -> Any:
    return api.made("/endusers", {"companyId": COMPANY_ID, "email": "t@x.example"}).get("beatTrend")


def bulk_error(api: Api) -> str:
    return type(api.put("/tasks", [{}]).json()["createdErrors"][0]).__name__


def unknown_id_in_bulk(api: Api) -> tuple[int, int]:
    result = api.put("/tasks", [{"_id": NOBODY, "companyId": COMPANY_ID}]).json()
    return result["created"], len(result["updatedErrors"])


def same_key_twice(api: Api) -> tuple[int, int, int]:
    items = [{"sourceId": "s", "companyId": COMPANY_ID}, {"sourceId": "s", "action": "x"}]
    result = api.put("/tasks", items).json()
    return result["created"], result["updated"], len(result["createdErrors"])


def status_of_partly_permitted_bulk(api: Api) -> int:
    api.task(sourceId="old")
    return api.put(
        "/tasks", [{"sourceId": "old", "action": "x"}, {"companyId": COMPANY_ID}], headers=CREATOR
    ).status_code


def snippet(api: Api) -> Any:
    return api.task(description="<ul><li>Tea &amp; cake</li><li>Talk<br>more</li></ul>")["snippet"]


def participants(api: Api) -> Any:
    return api.task(endusers=["5e" + "0" * 22])["endusers"]


def lower_case_ignored(api: Api) -> int:
    return api.put(f"/tasks/{api.task()['_id']}", {"status": "ignored"}).status_code


def reopened(api: Api) -> Any:
    task = api.task()
    api.done(task)
    return api.put(f"/tasks/{task['_id']}", {"status": "In-progress"}).json()["isArchived"]


def notes(api: Api) -> int:
    return len(api.get("/conversations").json())


def notes_after(act: Callable[[Api, str], Any]) -> Callable[[Api], int]:
    def probe(api: Api) -> int:
        act(api, api.task()["_id"])
        return notes(api)

    return probe


def repeated(api: Api) -> list[str]:
    api.done(api.task(repeat="weekly", startTime="2026-01-05T10:00:00Z"))
    return [one["startTime"] for one in api.get("/tasks").json()]


def note_type(api: Api) -> Any:
    api.control.seed({"settings": {"conversation_types": ["QBR"]}})
    return api.row(f"/conversations/{api.done(api.task(type='QBR'))['_id']}")["type"]


def note_keys(api: Api) -> tuple[Any, ...]:
    task = api.task(ownerId=USER_ID, activityTags=["t"], description="d")
    api.done(task)
    note = api.row(f"/conversations/{task['_id']}")
    return note["subject"], note["description"], note["activityTags"], [one["id"] for one in note.get("users", [])]


def note_after_second_completion(api: Api) -> Any:
    task = api.task()
    api.done(task)
    api.put(f"/tasks/{task['_id']}", {"status": "In-progress", "action": "Second"})
    api.done(task)
    assert 1 == notes(api)
    return api.row(f"/conversations/{task['_id']}")["subject"]


def conversation_enduser(api: Api) -> Any:
    person = api.made("/endusers", {"companyId": COMPANY_ID, "email": "p@x.example", "firstName": "Pat"})
    note = api.made("/conversations", {"companyId": COMPANY_ID, "endusers": [person["_id"]]})
    (shown,) = note["endusers"]
    return shown["name"] if isinstance(shown, dict) else shown == person["_id"]


def after_hard_limit(api: Api) -> int:
    api.fake.limits["hard_calls_per_second"].limit = 1
    api.get("/users")
    return api.get("/users").status_code


def after_soft_limit(api: Api) -> int:
    api.control.seed({"switches": {"rate_limits": "enforce"}})
    api.fake.limits["soft_calls_per_minute"].limit = 1
    api.get("/users")
    return api.get("/users").status_code


def retry_after(api: Api) -> str | None:
    api.control.seed({"switches": {"rate_limits": "enforce"}})
    api.fake.limits["hard_calls_per_second"].limit = 0
    return api.get("/users").headers.get("Retry-After")


def rate_header(api: Api) -> list[str]:
    return sorted(name for name in api.get("/users").headers if re.match("x-rate", name, re.IGNORECASE))


def licence(api: Api, **body: Any) -> dict[str, Any]:
    return api.made(
        "/licenses", {"companyId": COMPANY_ID, "_currency": "USD", "fromDate": "2026-01-01", "value": 1, **body}
    )


def embedded(api: Api) -> int:
    licence(api)
    return len(api.row(f"/companies/{COMPANY_ID}").get("licenses", []))


def most_churns(api: Api) -> list[int]:
    api.switch(list_over_max="refuse")
    return [api.get(f"/churn?limit={limit}").status_code for limit in (1_000, 2_000)]


def licences_after_new_mrr(api: Api) -> list[bool]:
    licence(api, mrr=1)
    entry = {"cId": COMPANY_ID, "value": 5, "currency": "USD", "date": "2026-03-01"}
    api.put("/licenses/actions", {"action": "newMrr", "data": [entry]})
    return ["toDate" in one for one in api.get("/licenses").json()]


def ticket(api: Api, **item: Any) -> Any:
    """A ticket of a domain that Acme has; the Conversation it became."""
    api.put("/tickets", [{"sourceId": "500A", "email": "t@acme.example", **item}])
    return api.get("/conversations").json()[0]


def ticket_of_nobody(api: Api) -> tuple[int, int]:
    answer = api.put("/tickets", [{"sourceId": "500A", "email": "t@nowhere.example"}])
    return answer.status_code, len(answer.json()["createdErrors"])


def tickets_as_a_reader_of_conversations(api: Api) -> int:
    return api.get("/tickets", headers={"Authorization": "Bearer reader"}).status_code


def put_status(api: Api, task: str, **body: Any) -> int:
    return api.put(f"/tasks/{task}", body).status_code


CREATOR = {"Authorization": "Bearer creator"}
FIVE_THOUSAND_AND_ONE: list[Any] = [{}] * 5_001
MIDNIGHT = "2026-01-05T00:00:00Z"

# switch -> how to look, and what is seen in each position
PROBES: dict[str, tuple[Callable[[Api], Any], dict[Any, Any]]] = {
    "error_body": (error_body, {
        "text": "Not Found", "json_error": '{"error":"Not Found"}', "json_message": '{"message":"Not Found"}'}),
    "unknown_id": (lambda api: api.get(f"/tasks/{NOBODY}").status_code, {404: 404, 400: 400}),
    "malformed_id": (lambda api: api.get("/tasks/x").status_code, {400: 400, 404: 404}),
    "status_refusal_code": (lambda api: put_status(api, api.task()["_id"], status="done"), {400: 400, 500: 500}),
    "read_only_keys": (lambda api: put_status(api, api.task()["_id"], companyName="x"), {"ignore": 200, "refuse": 400}),
    "id_in_company_body": (
        lambda api: api.put(f"/companies/{COMPANY_ID}", {"_id": COMPANY_ID, "name": "x"}).status_code,
        {"ignore": 200, "refuse": 400}),
    "casting": (lambda api: api.post("/tasks", {"companyId": COMPANY_ID, "action": 5}).status_code,
                {"mongoose": 200, "strict": 400}),
    "patch": (lambda api: api.call("PATCH", f"/tasks/{api.task()['_id']}", {}).status_code,
              {"as_put": 200, "none": 404}),
    "list_over_max": (limit_over_max, {"clamp": (200, "[]"), "refuse": (400, "limit cannot exceed 2000")}),
    "bad_paging": (lambda api: [api.get(f"/tasks?limit={bad}").status_code for bad in ("ten", "-1", "0", "1e3")],
                   {"default": [200] * 4, "refuse": [400] * 4}),
    "unknown_parameters": (lambda api: api.get("/tasks?sourceId=x").status_code, {"ignore": 200, "refuse": 400}),
    "default_sort": (lambda api: [one["name"] for one in api.get("/companies").json()],
                     {"_id": ["Acme", "Bolt"], "-_id": ["Bolt", "Acme"]}),
    "company_filter_prefixes": (lambda api: (api.task(), len(api.get("/tasks?companyId=extid-acme").json()))[1],
                                {True: 1, False: 0}),
    "company_list_owner": (owner_in_list, {"populated": {"_id": USER_ID, "nickName": "Alex"}, "id": USER_ID}),
    "ambiguous_external_id": (ambiguous, {"first": 200, "refuse": 400}),
    "noop_update_touches": (touched, {False: False, True: True}),
    "delete_missing": (lambda api: api.delete(f"/tasks/{NOBODY}").text,
                       {"zeros": '{"n":0,"ok":1,"deletedCount":0}', "not_found": "Not Found"}),
    "delete_by_prefix": (delete_by_prefix, {False: 400, True: 200}),
    "user_inactive": (lambda api: user(api).json()["inactive"], {False: False, True: True}),
    "user_nickname_required": (lambda api: user(api).status_code, {False: 200, True: 400}),
    "enduser_trend_numbers": (trend, {False: None, True: 0}),
    "bulk_over_limit": (lambda api: api.put("/tasks", FIVE_THOUSAND_AND_ONE).text[:24],
                        {"refuse": "Maximum 5000 items per r", "accept": '{"created":0,"createdErr'}),
    "bulk_error_shape": (bulk_error, {"object": "dict", "string": "str"}),
    "bulk_unknown_id": (unknown_id_in_bulk, {"error": (0, 1), "insert": (1, 0)}),
    "bulk_single_object": (lambda api: api.put("/tasks", {"companyId": COMPANY_ID}).status_code,
                           {"refuse": 400, "accept": 200}),
    "bulk_empty": (lambda api: api.put("/tasks", []).status_code, {"zeros": 200, "refuse": 400}),
    "bulk_same_key": (same_key_twice, {"match": (1, 1, 0), "refuse": (1, 0, 1)}),
    "bulk_permission_status": (status_of_partly_permitted_bulk, {403: 403, 206: 206}),
    "no_specific_time": (lambda api: api.task(startTime=MIDNIGHT)["noSpecificTime"],
                         {"midnight": True, "absent": False}),
    "snippet": (snippet, {"readable": "Tea & cake\nTalk\nmore", "strip": "Tea &amp; cakeTalkmore"}),
    "snippet_from_caller": (lambda api: api.task(description="d", snippet="mine")["snippet"],
                            {False: "d", True: "mine"}),
    "task_participants": (participants, {"writable": ["5e" + "0" * 22], "auto": []}),
    "ignored_lower_case": (lower_case_ignored, {"refuse": 400, "save": 200}),
    "date_done": (lambda api: api.done(api.task()).get("dateDone"), {True: "2026-01-05T09:00:00.000Z", False: None}),
    "done_by": (lambda api: api.done(api.task()).get("doneBy"), {True: USER_ID, False: None}),
    "created_done_archives": (lambda api: api.task(status="Done")["isArchived"], {True: True, False: False}),
    "reopen_unarchives": (reopened, {True: False, False: True}),
    "archive_logs_note": (notes_after(lambda api, task: put_status(api, task, isArchived=True)), {False: 0, True: 1}),
    "repeat_on_done": (repeated, {False: [], True: ["2026-01-12T10:00:00.000Z"]}),
    "note_on_done": (notes_after(lambda api, task: put_status(api, task, status="Done")), {True: 1, False: 0}),
    "note_on_bulk_done": (notes_after(lambda api, task: api.put("/tasks", [{"_id": task, "status": "Done"}])),
                          {True: 1, False: 0}),
    "note_type_from_task": (note_type, {True: "QBR", False: "note"}),
    "note_copies": (note_keys, {"all": ("Call", "d", ["t"], [USER_ID]), "text": ("Call", "d", [], [])}),
    "note_when_reopened": (note_after_second_completion, {"update": "Second", "keep": "Call"}),
    "reserved_conversation_types": (
        lambda api: api.post("/conversations", {"companyId": COMPANY_ID, "type": "email"}).status_code,
        {"accept": 200, "refuse": 400}),
    "conversation_endusers": (conversation_enduser, {"objects": "Pat", "ids": True}),
    "validators": (lambda api: api.post("/companies", {"name": "x", "status": "vip"}).status_code,
                   {"refuse": 400, "keep": 200}),
    "open_models": (lambda api: api.made("/deals", {"stage": "won"}).get("stage"), {"keep": "won", "drop": None}),
    "currency_populated": (lambda api: type(licence(api)["_currency"]).__name__, {True: "dict", False: "str"}),
    "company_embeds": (embedded, {True: 1, False: 0}),
    "churn_list_max": (most_churns, {1000: [200, 400], 2000: [200, 200]}),
    "new_mrr_ends_running": (licences_after_new_mrr, {True: [True, False], False: [False, False]}),
    "ticket_source_id": (lambda api: [key for key in ("externalId", "sourceId") if ticket(api).get(key) == "500A"],
                         {"externalId": ["externalId"], "sourceId": ["sourceId"]}),
    "ticket_sub_type": (lambda api: ticket(api, type="bug")["subType"], {"sent": "bug", "ticket": "ticket"}),
    "ticket_unknown_email": (ticket_of_nobody, {"error": (400, 1), "drop": (200, 0)}),
    "ticket_permission": (tickets_as_a_reader_of_conversations, {"Conversation": 200, "Ticket": 403}),
    "rate_limits": (after_hard_limit, {"enforce": 429, "off": 200}),
    "soft_limit": (after_soft_limit, {"report": 200, "refuse": 429}),
    "rate_limit_headers": (rate_header, {
        "X-Rate-Limit": ["X-Rate-Limit-Limit", "X-Rate-Limit-Remaining"],
        "X-RateLimit": ["X-RateLimit-Limit", "X-RateLimit-Remaining"]}),
    "retry_after": (retry_after, {False: None, True: "1"}),
}  # fmt: skip
PROBES |= EDGE_PROBES

POSITIONS = [(name, value) for name, switch in SWITCHES.items() for value in switch.values]


@pytest.mark.evidence("assumed", "data/switches.toml")
@pytest.mark.parametrize(("name", "value"), POSITIONS)
def test_switch_in_each_position(make_api: Any, name: str, value: Any) -> None:
    """A switch given at the start decides what is seen."""
    from fake_planhat import ApiToken

    from .conftest import TOKEN

    no_create = {"Task": frozenset({"update"})}
    tokens = [
        ApiToken(TOKEN, user_id=USER_ID, email="user@planhat.com"),
        ApiToken("creator", permissions=no_create),
        ApiToken("reads tasks", permissions={"Task": frozenset({"read"})}),
        ApiToken("reader", permissions={"Conversation": frozenset({"read"})}),
    ]
    probe, seen = PROBES[name]

    assert seen[value] == probe(make_api(tokens=tokens, switches={name: value}))


@pytest.mark.parametrize("name", SWITCHES)
def test_switch_is_described(name: str) -> None:
    """Each row names at least two values, its default among them, with a meaning, a source and a grade."""
    switch = SWITCHES[name]

    assert len(switch.values) >= 2
    assert switch.default in switch.values
    assert switch.meaning
    assert switch.source
    assert switch.grade in {"recorded", "documented", "client-derived", "assumed"}


def test_probes_cover_all_switches() -> None:
    """No switch without a probe, no probe that sees the same in two positions."""
    assert set(SWITCHES) == set(PROBES)
    for name, (_, seen) in PROBES.items():
        values = [repr(one) for one in seen.values()]
        assert len(set(values)) == len(values), name
        assert [repr(one) for one in seen] == [repr(one) for one in SWITCHES[name].values], name


def test_all_open_questions_are_answered() -> None:
    """The twelve known unknowns: each has an answer for now; one that says 'switch' has a switch that names it."""
    named = {switch.unknown for switch in SWITCHES.values()}

    assert list(range(1, 13)) == [one["number"] for one in UNKNOWNS]
    for one in UNKNOWNS:
        assert ("the switch" not in one["answer"]) or one["number"] in named, one


def test_switches_change_while_running(api: Api) -> None:
    """The control plane turns a switch; a reset turns it back; a snapshot remembers it."""
    api.switch(error_body="json_error")
    snapshot = api.control.snapshot()
    api.switch(error_body="json_message")

    assert '{"message":"Not Found"}' == error_body(api)
    api.control.restore(snapshot)
    assert '{"error":"Not Found"}' == error_body(api)
    api.control.reset()
    assert "Not Found" == error_body(api)


@pytest.mark.parametrize(
    "given",
    [
        {"switches": {"nonsense": 1}},
        {"switches": {"note_on_done": "yes"}},
        {"switches": {"note_on_done": 1}},
        {"switches": {"unknown_id": True}},
        {"settings": {"inherit_source_id": "on"}},
        {"settings": {"nonsense": True}},
        {"settings": {"inherit_source_id": True}, "switches": {"nonsense": 1}},
        {"nonsense": []},
        {"tasks": [{"_id": "short"}]},
        {"tasks": {}},
        {"tasks": [1]},
        {"settings": []},
    ],
)
def test_wrong_seeds_change_nothing(api: Api, given: dict[str, Any]) -> None:
    """A seed or switch that cannot be is refused as a whole, with a reason."""
    before = api.fake.store.snapshot()

    with pytest.raises(MisuseError):
        api.control.seed({"companies": [{"_id": NOBODY}], **given})

    assert before == api.fake.store.snapshot()


def test_wrong_configuration_is_refused_at_the_start() -> None:
    """Unknown switches and error texts do not wait for the first request."""
    for config in ({"switches": {"nonsense": 1}}, {"error_texts": {"nonsense": "x"}}):
        with pytest.raises(MisuseError, match="nonsense"):
            create_app(org=TenantConfig(**config))


def test_error_texts_are_replaceable(make_api: Any) -> None:
    """Whoever knows a real text can put it in, with the words of the row."""
    api = make_api(error_texts={"required": "Missing: {path}", "unknown_id": "nope"})

    assert "nope" == error_body(api)
    assert "Missing: companyId" == api.post("/tasks", {}).text
    assert "Missing: companyId" == api.put("/tasks", [{}]).json()["createdErrors"][0]["message"]

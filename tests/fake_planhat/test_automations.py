"""Automations: what starts one, what its steps do, what stands in the log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_core import FrozenClock, IdSource, MisuseError
from fake_core.web import STAND_IN_HEADER
from fake_planhat import ApiToken, TenantConfig, create_app
from fake_planhat.automations import Reply, Webhook

from .conftest import COMPANY_ID, OTHER_ID, TOKEN, URL, USER_ID, WORLD, Api
from .receiver import URL as HOOK
from .receiver import Inbox

Make = Callable[..., tuple[Api, Inbox]]


@pytest.fixture
def make() -> Iterator[Make]:
    """Make a tenant with *automations* whose webhooks come into an inbox."""
    made: list[Api] = []

    def one(*automations: Any, answer: Callable[[Webhook], Reply] | None = None, **config: Any) -> tuple[Api, Inbox]:
        inbox = Inbox(answer) if answer else Inbox()
        config.setdefault("tokens", [ApiToken(TOKEN, user_id=USER_ID)])
        org = TenantConfig(automations=automations, **config)
        api = Api(create_app(clock=FrozenClock(), ids=IdSource(), org=org, sender=inbox))
        api.control.seed(WORLD)
        made.append(api)
        return api, inbox

    yield one
    for api in made:
        api.fake.close()


def hook(trigger: str, model: str = "Task", *, steps: Any = None, **more: Any) -> dict[str, Any]:
    """An automation that sends the record's `_id`, or what *steps* send."""
    steps = steps or [{"kind": "webhook", "url": HOOK, "body": "<<object._id>>"}]
    return {"name": more.pop("name", trigger), "trigger": trigger, "model": model, "steps": steps, **more}


def webhook(**more: Any) -> dict[str, Any]:
    return {"kind": "webhook", "url": HOOK, **more}


def log(api: Api, channel: str | None = None) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = api.control.events(channel=channel)["events"]
    return events


TRIGGERS = [
    hook("created"),
    hook("updated"),
    hook("deleted"),
    hook("changed", property="status"),
    hook("changed", property="custom.Score", name="custom"),
    hook("enters", filter={"status": ["Done", "Ignored"], "type": "qbr"}),
]
# What is done to a task, and which automations start, in order.
DEEDS: list[tuple[str, Callable[[Api, str], Any], list[str]]] = [
    ("create", lambda api, _: api.task(), ["created"]),
    ("create in the filter", lambda api, _: api.task(type="qbr", status="Done"), ["created", "enters"]),
    ("nothing new", lambda api, task: api.put(f"/tasks/{task}", {"action": "Call"}), []),
    ("update", lambda api, task: api.put(f"/tasks/{task}", {"action": "Meet"}), ["updated"]),
    ("patch", lambda api, task: api.call("PATCH", f"/tasks/{task}", {"action": "Meet"}), ["updated"]),
    ("status", lambda api, task: api.put(f"/tasks/{task}", {"status": "Blocked"}), ["updated", "changed"]),
    ("custom", lambda api, task: api.put(f"/tasks/{task}", {"custom.Score": 4}), ["updated", "custom"]),
    ("other custom", lambda api, task: api.put(f"/tasks/{task}", {"custom.Other": 4}), ["updated"]),
    ("enter", lambda api, task: api.put(f"/tasks/{task}", {"status": "Done", "type": "qbr"}),
     ["updated", "changed", "enters"]),
    ("enter and stay", lambda api, task: [api.put(f"/tasks/{task}", body) for body in (
        {"status": "Done", "type": "qbr"}, {"status": "Ignored"}, {"status": "Blocked"}, {"status": "Done"})],
     ["updated", "changed", "enters", "updated", "changed", "updated", "changed", "updated", "changed", "enters"]),
    ("half enter", lambda api, task: api.put(f"/tasks/{task}", {"type": "qbr"}), ["updated"]),
    ("delete", lambda api, task: api.delete(f"/tasks/{task}"), ["deleted"]),
    ("delete nothing", lambda api, _: api.delete("/tasks/" + "0" * 24), []),
    ("refused", lambda api, task: api.put(f"/tasks/{task}", {"status": "done"}), []),
    ("bulk", lambda api, task: api.put("/tasks", [{"_id": task, "action": "x"}, {"companyId": COMPANY_ID}, {}]),
     ["updated", "created"]),
    ("bulk nothing new", lambda api, task: api.put("/tasks", [{"_id": task, "action": "Call"}]), []),
    ("twice in one call", lambda api, task: api.put("/tasks", [{"_id": task, "status": s} for s in ("a", "b")]),
     ["updated", "changed"]),
    ("there and back", lambda api, task: api.put("/tasks", [{"_id": task, "action": a} for a in ("x", "Call")]), []),
    ("another model", lambda api, _: api.made("/companies", {"name": "New"}), []),
    ("seeded", lambda api, task: api.control.seed({"tasks": [{"_id": task, "status": "Done", "type": "qbr"}]}), []),
    ("read", lambda api, task: api.get(f"/tasks/{task}"), []),
]  # fmt: skip


@pytest.mark.evidence("documented", "developer documentation, Automations: triggers")
@pytest.mark.parametrize(("deed", "started"), [row[1:] for row in DEEDS], ids=[row[0] for row in DEEDS])
def test_what_starts_an_automation(make: Make, deed: Callable[[Api, str], Any], started: list[str]) -> None:
    """Created, updated, deleted, a field changed, enters a filter: each for what it says and nothing else."""
    api, inbox = make(*TRIGGERS)
    task = api.task()["_id"]
    api.control.seed({"tasks": [api.row(f"/tasks/{task}")]})
    before = len(inbox.got)

    deed(api, task)

    assert started == [one["automation"] for one in log(api)[before:]]
    assert len(started) == len(inbox.got) - before


@pytest.mark.evidence("documented", "help article on Tasks and Conversations: completing logs a Conversation")
def test_a_logged_conversation_is_a_record_created(make: Make) -> None:
    """Completing a task starts what waits for Conversations, with the record as it was committed."""
    api, inbox = make(hook("created", "Conversation", steps=[webhook(body="<<object.taskId>> <<object.subject>>")]))
    task = api.task()

    api.done(task)

    assert [f"{task['_id']} Call"] == inbox.texts


@pytest.mark.evidence("documented", "developer documentation, User activity: endusers are made")
def test_what_is_pushed_starts_automations_too(make: Make) -> None:
    """An enduser made by a push or by Segment is a record created; lastActive is a field that changes."""
    api, inbox = make(
        hook("created", "Enduser", steps=[webhook(body="made <<object.email>>")]),
        hook("changed", "Company", property="lastActive", steps=[webhook(body="<<object.name>>")]),
    )
    url = f"https://analytics.planhat.com/analytics/{api.fake.credentials('')['tenant']}"

    api.session.post(url, json={"email": "new@acme.example"})

    assert ["made new@acme.example", "Acme"] == inbox.texts


@pytest.mark.evidence("documented", "developer documentation, Automations: outgoing webhook")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_methods(make: Make, method: str) -> None:
    """The five methods; GET and DELETE carry no body unless one is set up."""
    steps = [webhook(method=method), webhook(method=method, body="x")]
    api, inbox = make(hook("created", steps=steps))

    api.task()

    bare, filled = inbox.got
    assert (method, HOOK, b"x") == (filled.method, filled.url, filled.body)
    assert (method, method in {"GET", "DELETE"}) == (bare.method, bare.body == b"")


@pytest.mark.evidence("documented", "developer documentation, Automations: replacement codes")
@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("<<object.companyId>>", COMPANY_ID),
        ("<< object.companyId >>", COMPANY_ID),
        ("of <<object.companyName>>!", "of Acme!"),
        ("<<object.custom.Days in Phase>>", "4"),
        ("<<object.custom.a.b>>", "dotted"),
        ("<<object.users.0.id>>", USER_ID),
        ("[<<object.users.7.id>>|<<object.nothing>>|<<object.isArchived>>]", "[||false]"),
        ("<<object.custom>>", '{"Days in Phase":4,"a.b":"dotted","n":null}'),
        ("n<<object.custom.n>>", "n"),
        ({"id": "<<object.companyId>>"}, f'{{"id":"{COMPANY_ID}"}}'),
        ({"a": ["<<object.custom.Days in Phase>>", "x<<object.custom.Days in Phase>>"]}, '{"a":[4,"x4"]}'),
        (
            {"archived": "<<object.isArchived>>", "n": "<<object.custom.n>>", "k": 7},
            '{"archived":false,"n":null,"k":7}',
        ),
        ("<<<object.companyName>>>", "<Acme>"),
        ("<object.companyName>", "<object.companyName>"),
        ("", ""),
    ],
)
def test_replacement_codes(make: Make, template: Any, filled: str) -> None:
    """A code in a text becomes text; alone in a JSON body it stays what it is; what is not there is nothing."""
    api, inbox = make(hook("created", steps=[webhook(body=template, headers={"X-Name": "<<object.companyName>>"})]))

    api.task(users=[{"id": USER_ID}], custom={"Days in Phase": 4, "a.b": "dotted", "n": None})

    (sent,) = inbox.got
    assert filled == sent.body.decode()
    kind = "text/plain; charset=utf-8" if isinstance(template, str) else "application/json"
    assert {"X-Name": "Acme", "Content-Type": kind} == sent.headers


@pytest.mark.evidence("documented", "developer documentation, Automations: `<<Step 1.owner>>`")
def test_codes_of_earlier_steps(make: Make) -> None:
    """What a step found, or what a receiver answered, is named by its number."""
    steps = [
        {"kind": "get", "model": "Company", "id": "<<object.companyId>>"},
        webhook(body="<<Step 1.owner>>"),
        webhook(body="<<Step 2.ticket.no>>"),
    ]
    api, inbox = make(hook("created", steps=steps), answer=lambda _: Reply(201, '{"ticket": {"no": 17}}'))

    task = api.task()

    assert [USER_ID, "17"] == inbox.texts
    (entry,) = log(api)
    assert [("get", [COMPANY_ID], None), ("webhook", None, 201), ("webhook", None, 201)] == [
        (one["kind"], one.get("found"), one.get("status")) for one in entry["steps"]
    ]
    assert (task["_id"], "done") == (entry["record"], entry["outcome"])


@pytest.mark.evidence("documented", 'developer documentation, Automations: "Get multiple" gives 10, at most 1,000')
@pytest.mark.ledger("planhat/limit/automation_get_multiple_default", "planhat/limit/automation_get_multiple_max")
@pytest.mark.parametrize(("limit", "count"), [(None, 10), (3, 3), (1_000, 13)])
def test_get_multiple(make: Make, limit: int | None, count: int) -> None:
    """The step finds the first ten records that pass its filter, or as many as it is told."""
    step: dict[str, Any] = {"kind": "get multiple", "model": "Task", "filter": {"companyId": "<<object._id>>"}}
    step |= {} if limit is None else {"limit": limit}
    api, inbox = make(hook("changed", "Company", property="phase", steps=[step, webhook(body="<<Step 1.1.action>>")]))
    tasks = [api.task(action=str(n))["_id"] for n in range(13)]
    api.task(companyId=OTHER_ID)

    api.put(f"/companies/{COMPANY_ID}", {"phase": "x"})

    assert tasks[:count] == log(api)[0]["steps"][0]["found"]
    assert ["1"] == inbox.texts


@pytest.mark.evidence("assumed", "no payload of Planhat's own is public")
def test_our_own_payload_says_so(make: Make) -> None:
    """Without a body of one's own a webhook carries event, model and object, and a header that calls it ours."""
    api, inbox = make(hook("deleted", steps=[webhook()]), hook("created", steps=[webhook(body={"mine": 1})]))
    task = api.task()
    row = api.row(f"/tasks/{task['_id']}")

    api.delete(f"/tasks/{task['_id']}")

    mine, ours = inbox.got
    assert {"event": "deleted", "model": "Task", "object": row} == json.loads(ours.body)
    assert ("ours" in ours.headers[STAND_IN_HEADER], STAND_IN_HEADER in mine.headers) == (True, False)


def _raises(_webhook: Webhook) -> Reply:
    raise RuntimeError("the receiver burns")


@pytest.mark.evidence(
    "assumed", "what Planhat does when a webhook fails is not documented (switch automation_failed_step)"
)
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda _: Reply(500, "no"), "the receiver answered 500"),
        (lambda _: Reply(302), "the receiver answered 302"),
        (_raises, "the receiver burns"),
        (lambda _: (_ for _ in ()).throw(TimeoutError), "TimeoutError"),
    ],
)
def test_a_failing_receiver_harms_nobody(make: Make, answer: Callable[[Webhook], Reply], error: str) -> None:
    """The API call is answered as ever and the change stands; the log tells what went wrong, the run ends there."""
    api, inbox = make(hook("created", steps=[webhook(), webhook()]), hook("created", name="second"), answer=answer)

    task = api.task()

    assert "Call" == api.row(f"/tasks/{task['_id']}")["action"]
    assert [("created", "failed"), ("second", "failed")] == [(one["automation"], one["outcome"]) for one in log(api)]
    assert [error] == [step["error"] for step in log(api)[0]["steps"]]
    assert 2 == len(inbox.got)


@pytest.mark.evidence("assumed", "a run sees the record as it was committed: ours")
def test_a_run_sees_what_was_committed(make: Make) -> None:
    """A receiver that changes the record within the webhook does not change what the next automation tells."""
    told: list[Api] = []

    def meddle(webhook: Webhook) -> Reply:
        told[0].put(f"/companies/{webhook.body.decode()}", {"name": "Meddled"})
        return Reply(200)

    api, inbox = make(
        hook("created", "Company"),
        hook("created", "Company", name="second", steps=[webhook(body="<<object.name>>")]),
        answer=lambda one: meddle(one) if one.body != b"New" else Reply(200),
    )
    told.append(api)

    company = api.made("/companies", {"name": "New"})

    assert [company["_id"], "New"] == inbox.texts
    assert "Meddled" == api.row(f"/companies/{company['_id']}")["name"]


@pytest.mark.evidence("assumed", "ours: what is started while webhooks are sent waits for its turn")
def test_a_receiver_that_starts_more(make: Make) -> None:
    """Runs started from within a webhook come after it, in order, once each: no call waits for another."""
    told: list[Api] = []

    def answer(webhook: Webhook) -> Reply:
        if (n := int(webhook.body)) < 4:
            told[0].task(action=str(n + 1))
        return Reply(200)

    api, inbox = make(hook("created", steps=[webhook(body="<<object.action>>")]), answer=answer)
    told.append(api)

    api.task(action="1")

    assert ["1", "2", "3", "4"] == inbox.texts
    assert [(n, str(n)) for n in (1, 2, 3, 4)] == [(one["n"], one["steps"][0]["body"]) for one in log(api)]


def test_automations_without_end_come_to_an_end(make: Make) -> None:
    """An automation that starts itself is interrupted after a thousand runs; the next answer goes on."""
    told: list[Api] = []

    def again(_webhook: Webhook) -> Reply:
        told[0].task()
        return Reply(200)

    api, inbox = make(hook("created"), answer=again, switches={"rate_limits": "off"})
    told.append(api)

    api.task()
    assert 1_000 == len(inbox.got)
    api.get("/users")
    assert 2_000 == len(inbox.got)


def test_what_is_lost_on_the_way_still_starts_automations(make: Make) -> None:
    """The server acted: an answer that is lost, or is an error in the end, changes nothing about that."""
    api, inbox = make(hook("created"))
    for kind in ("lost_response", "error_after", "truncated"):
        api.control.add_fault(kind=kind, verb="create", object="Task")
        before = len(inbox.got)
        try:
            api.post("/tasks", {"companyId": COMPANY_ID})
        except requests.ConnectionError:
            assert kind != "error_after"
        assert before + 1 == len(inbox.got), kind
    api.control.add_fault(kind="unavailable", verb="create", object="Task")
    api.post("/tasks", {"companyId": COMPANY_ID})

    assert [one["_id"] for one in api.get("/tasks").json()] == inbox.texts
    assert 3 == len(inbox.got)


def test_a_touch_is_no_update(make: Make) -> None:
    """A record whose dates alone move has not been updated (switch noop_update_touches)."""
    api, inbox = make(hook("updated", "Company"), switches={"noop_update_touches": True})
    before = api.made("/companies", {"name": "New"})
    api.clock.advance(1)

    touched = api.put(f"/companies/{before['_id']}", {"name": "New"}).json()

    assert before["lastUpdated"] != touched["lastUpdated"]
    assert before["updatedAt"] != touched["updatedAt"]
    assert [] == inbox.got


def test_a_reset_forgets_what_waits(make: Make) -> None:
    """A receiver that resets the tenant: what waited is not sent, and what was under way leaves no line in the log."""
    told: list[Api] = []

    def reset(_webhook: Webhook) -> Reply:
        told[0].control.reset()
        return Reply(200)

    api, inbox = make(hook("created"), hook("created", name="second"), answer=reset)
    told.append(api)

    api.task()

    assert 1 == len(inbox.got)
    assert {"last": 0, "events": []} == api.control.events()


def test_the_same_calls_give_the_same_log(make: Make) -> None:
    """Two tenants, the same clock, ids and calls: the same log, byte for byte."""
    logs = []
    for _ in range(2):
        api, _ = make(*TRIGGERS, hook("created", "Conversation", name="note"))
        for n in range(3):
            task = api.task(action=str(n), type="qbr")
            api.clock.advance(1)
            api.done(task)
        logs.append(json.dumps(log(api)))

    assert logs[0] == logs[1]
    assert 3 * 5 == len(json.loads(logs[0]))


def test_the_log_in_the_control_plane(make: Make) -> None:
    """Runs are read since a number and of one automation; a snapshot holds them, a reset forgets all of it."""
    api, _ = make(hook("created"), hook("updated"))
    task = api.task()
    snapshot = api.control.snapshot()
    api.put(f"/tasks/{task['_id']}", {"action": "Meet"})

    assert (2, ["created", "updated"]) == (api.control.events()["last"], [one["automation"] for one in log(api)])
    assert ["updated"] == [one["automation"] for one in api.control.events(since=1)["events"]]
    assert ["created"] == [one["automation"] for one in log(api, "created")]
    assert {"last": 2, "events": []} == api.control.events(since=-1)
    api.control.restore(snapshot)
    assert ["created"] == [one["automation"] for one in log(api)]
    api.control.reset()
    assert {"last": 0, "events": []} == api.control.events()


def test_automations_change_while_running(make: Make) -> None:
    """Seeded automations replace those that are there; a reset brings the first ones back."""
    api, inbox = make(hook("created"))

    seeded = api.control.seed({"automations": [hook("deleted")]})
    api.delete(f"/tasks/{api.task()['_id']}")

    assert {"automations": [hook("deleted")]} == seeded
    assert ["deleted"] == [one["automation"] for one in log(api)]
    api.control.reset()
    api.control.seed(WORLD)
    api.task()
    assert ["created"] == [one["automation"] for one in log(api)]
    assert 2 == len(inbox.got)


def test_automations_in_a_tenant_file(tmp_path: Path) -> None:
    """A tenant's TOML file sets automations up in its seed; one that cannot be is told with the file's name."""
    path = tmp_path / "tenant.toml"
    path.write_text(
        """
        [[tokens]]
        value = "t"
        [[seed.automations]]
        name = "new"
        trigger = "created"
        model = "Company"
        steps = [{ kind = "webhook", url = "http://127.0.0.1:9/hook", body = { name = "<<object.name>>" } }]
        """
    )
    inbox = Inbox()
    api = Api(create_app(clock=FrozenClock(), org=str(path), sender=inbox))

    api.post("/companies", {"name": "New"}, headers={"Authorization": "Bearer t"})
    api.control.reset()
    api.post("/companies", {"name": "Newer"}, headers={"Authorization": "Bearer t"})

    assert ['{"name":"New"}', '{"name":"Newer"}'] == inbox.texts
    api.fake.close()
    path.write_text(path.read_text().replace("created", "cremated"))
    with pytest.raises(MisuseError, match=r"tenant\.toml.*no trigger 'cremated'"):
        create_app(org=str(path))


WRONG = [
    ({}, "automations is an array of objects"),
    ([7], "each is an object with a name"),
    ([hook("created") | {"name": ""}], "each is an object with a name"),
    ([hook("created")] * 2, "two have the name 'created'"),
    ([hook("created") | {"when": "now"}], "has no 'when'"),
    ([hook("schedule")], "the trigger schedule is not played"),
    ([hook("approved")], "has no trigger 'approved'"),
    ([hook("created", "Taskk")], "no model 'Taskk'"),
    ([hook("changed")], "property belongs to the trigger changed"),
    ([hook("created", property="status")], "property belongs to the trigger changed"),
    ([hook("enters")], "filter belongs to the trigger enters"),
    ([hook("enters", filter=[])], "filter belongs to the trigger enters"),
    ([hook("enters", filter="x")], "filter is an object"),
    ([hook("created", headers={"X": "y"})], "headers belongs to the trigger incoming"),
    (
        [{"name": "a", "trigger": "incoming", "hook": "h", "required": "email", "steps": [webhook()]}],
        "an array of texts",
    ),
    ([{"name": "a", "trigger": "incoming", "steps": [webhook()]}], "hook belongs to the trigger incoming"),
    ([hook("created") | {"steps": []}], "needs steps"),
    ([hook("created", steps=[7])], "its kind is one of webhook, get, get multiple"),
    ([hook("created", steps=[{"kind": "update"}])], "steps that write are not played"),
    ([hook("created", steps=[webhook(method="HEAD")])], "no method 'HEAD'"),
    ([hook("created", steps=[webhook(url="/hook")])], "url is http://HOST"),
    ([hook("created", steps=[webhook(url="http://x:99999/")])], "url is http://HOST"),
    ([hook("created", steps=[webhook(url="http://x/a b")])], "url is http://HOST"),
    ([hook("created", steps=[webhook(url="http://x/<<object._id>>")])], "without replacement codes"),
    ([hook("created", steps=[webhook(headers={"X": 1})])], "headers are texts"),
    ([hook("created", steps=[webhook(body="<<Step 1.x>>")])], "<<Step 1.x>> names nothing"),
    ([hook("created", steps=[webhook(body={"a": ["<<thing.x>>"]})])], "<<thing.x>> names nothing"),
    ([hook("created", steps=[{"kind": "get", "model": "X", "id": "1"}])], "no model 'X'"),
    ([hook("created", steps=[{"kind": "get multiple", "model": "Task", "limit": 1_001}])], "from 1 to 1000"),
    ([hook("created", steps=[webhook(limit=1)])], "has no 'limit'"),
]


@pytest.mark.parametrize(("given", "told"), WRONG, ids=[told for _, told in WRONG])
def test_what_cannot_be_is_refused(make: Make, given: Any, told: str) -> None:
    """An automation that cannot be is the tester's mistake, at the start and while running, and changes nothing."""
    api, _ = make(hook("created"))
    before = api.fake.store.snapshot()

    with pytest.raises(MisuseError, match=told.replace("[", r"\[")):
        api.control.seed({"automations": given, "companies": [{"_id": "0" * 24}]})
    with pytest.raises(MisuseError, match=told.replace("[", r"\[")):
        create_app(org=TenantConfig(automations=given))

    assert before == api.fake.store.snapshot()


INCOMING = {
    "name": "in", "trigger": "incoming", "hook": "3f6d2a10-5c1e-4a8e-9f57-6a0d1c2b3e4f", "headers": {"X-Key": "k"},
    "required": ["email"], "steps": [webhook(body="<<object.email>>")],
}  # fmt: skip


@pytest.mark.evidence("assumed", "that there are incoming webhooks is documented, their address and answers are not")
@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("POST", INCOMING["hook"], {"X-Key": "k"}, {"email": "a@x.example"}, 200),
        ("GET", INCOMING["hook"], {"X-Key": "k"}, None, 404),
        ("PUT", INCOMING["hook"], {"X-Key": "k"}, {"email": "a@x.example"}, 404),
        ("POST", "00000000-0000-4000-8000-000000000000", {"X-Key": "k"}, {"email": "a@x.example"}, 404),
        ("POST", INCOMING["hook"], {}, {"email": "a@x.example"}, 403),
        ("POST", INCOMING["hook"], {"X-Key": "wrong"}, {"email": "a@x.example"}, 403),
        ("POST", INCOMING["hook"], {"X-Key": "k"}, {"email": ""}, 400),
        ("POST", INCOMING["hook"], {"X-Key": "k"}, [1], 400),
    ],
)
def test_incoming_webhooks(make: Make, method: str, path: str, headers: Any, body: Any, status: int) -> None:
    """POST to the id in the URL starts the run with the body as its object; headers and payload are checked."""
    api, inbox = make(INCOMING)
    headers = {**headers, "Authorization": ""}

    answer = api.session.request(method, f"{URL}/webhooks/{path}", json=body, headers=headers)

    assert status == answer.status_code
    assert ([body["email"]] if status == 200 else []) == inbox.texts
    assert (method == "POST") == (STAND_IN_HEADER in answer.headers)

"""How to look at the switches of limits, permissions, pushes and automations: the rest of PROBES in test_switches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import requests

from fake_planhat.operations import reading

from .conftest import COMPANY_ID, Api

ANALYTICS = "https://analytics.planhat.com"
STRANGER = "00000000-0000-4000-8000-000000000000"
READS_TASKS = {"Authorization": "Bearer reads tasks"}


def tenant_id(api: Api) -> str:
    """The UUID under which things are pushed."""
    told: str = api.fake.credentials("")["tenant"]
    return told


def push(api: Api, path: str, body: Any = None, *, tenant: str = "", **options: Any) -> requests.Response:
    """POST to the analytics host, without any credentials: *path* is what stands before the tenant's id."""
    if body is not None:
        options["json"] = body
    url = f"{ANALYTICS}{path}/{tenant or tenant_id(api)}"
    with requests.Session() as session:
        session.mount("https://", api.session.get_adapter("https://"))
        return session.request(options.pop("method", "POST"), url, **options)


def metric(**item: Any) -> dict[str, Any]:
    """A value of a metric for the company Acme."""
    return {"dimensionId": "logins", "value": 5, "externalId": "acme", **item}


def segment(api: Api, body: Any, *, user: str = "") -> requests.Response:
    """A call of Segment."""
    return api.call("POST", "/dock/segment", body, auth=(user or tenant_id(api), ""))


def beside_as_many(api: Api, count: int) -> int:
    """The status of one call beside *count* others that are being answered and do not end before it."""
    inside, leave = threading.Barrier(count + 1), threading.Event()
    whole = reading.my_profile

    def waiting(*args: Any) -> Any:
        inside.wait(timeout=30)
        leave.wait(timeout=30)
        return whole(*args)

    threads = [threading.Thread(target=api.get, args=("/myprofile",)) for _ in range(count)]
    with patch.object(reading, "my_profile", waiting):
        try:
            for thread in threads:
                thread.start()
            inside.wait(timeout=30)
            return api.get("/users").status_code
        finally:
            leave.set()
            for thread in threads:
                thread.join(timeout=30)


def _beside_fifty(api: Api) -> int:
    api.switch(rate_limits="enforce")
    return beside_as_many(api, 50)


def _company_name(api: Api) -> Any:
    task = api.task()
    return api.get(f"/tasks/{task['_id']}", headers=READS_TASKS).json().get("companyName")


def _metric_error(api: Api) -> Any:
    errors = push(api, "/dimensiondata", metric(externalId="nobody")).json()["errors"]
    return [type(one).__name__ for one in errors]


def _values(api: Api) -> list[Any]:
    push(api, "/dimensiondata", [metric(date="2026-01-01T08:00:00Z"), metric(value=6, date="2026-01-01T20:00:00Z")])
    return [one["value"] for one in api.get("/dimensiondata").json()]


def _default_limit(api: Api) -> int:
    push(api, "/dimensiondata", [metric(dimensionId=f"d{n}") for n in range(101)])
    return len(api.get("/dimensiondata").json())


def _endusers(api: Api) -> int:
    push(api, "/analytics", {"email": "new@x.example", "companyExternalId": "acme", "action": "Logged in"})
    return len(api.get("/endusers").json())


def _last_active(api: Api) -> Any:
    push(api, "/analytics", {"email": "new@x.example", "companyExternalId": "acme", "date": "2026-01-02"})
    return [api.get("/endusers").json()[0].get("lastActive"), api.row(f"/companies/{COMPANY_ID}").get("lastActive")]


def _identified(api: Api) -> Any:
    api.made("/endusers", {"companyId": COMPANY_ID, "externalId": "12345", "name": "Old"})
    segment(api, {"type": "identify", "user_id": "12345", "traits": {"name": "New"}})
    return api.get("/endusers").json()[0]["name"]


def _subject_after_done_twice(api: Api) -> Any:
    task = api.task()
    api.done(task)
    api.done(task, action="Second")
    return [one["subject"] for one in api.get("/conversations").json()]


def _logged_before_the_flag(api: Api) -> Any:
    task = api.task(sourceId="00T1")
    api.done(task)
    api.control.seed({"settings": {"inherit_source_id": True}})
    return [one.get("externalId") for one in api.get("/conversations").json()]


def _steps_after_a_failure(api: Api) -> int:
    step = {"kind": "webhook", "url": "http://elsewhere.example/hook"}
    automation = {"name": "a", "trigger": "created", "model": "Task", "steps": [step, step]}
    api.control.seed({"automations": [automation]})
    api.task()
    return len(api.control.events()["events"][0]["steps"])


MIDNIGHT = "2026-01-02T00:00:00.000Z"

# switch -> how to look, and what is seen in each position
EDGE_PROBES: dict[str, tuple[Callable[[Api], Any], dict[Any, Any]]] = {
    "parallel_limit": (_beside_fifty, {"refuse": 429, "off": 200}),
    "hidden_models": (_company_name, {"hide": None, "show": "Acme"}),
    "analytics_unknown_tenant": (lambda api: push(api, "/analytics", {"email": "a@b"}, tenant=STRANGER).status_code,
                                 {"ignore": 200, "not_found": 404}),
    "analytics_bad_body": (lambda api: push(api, "/analytics", data="{").status_code, {"accept": 200, "refuse": 400}),
    "analytics_rate_headers": (lambda api: push(api, "/analytics", {}).headers.get("X-Rate-Limit-Limit"),
                               {False: None, True: "200"}),
    "analytics_on_api_host": (lambda api: api.post(f"/analytics/{tenant_id(api)}", {}).status_code,
                              {False: 404, True: 200}),
    "metric_errors": (_metric_error, {"objects": ["dict"], "strings": ["str"], "none": []}),
    "metric_same_day": (_values, {"replace": [6], "append": [5, 6]}),
    "dimensiondata_limit": (_default_limit, {10_000: 101, 100: 100}),
    "activity_unknown_enduser": (_endusers, {"create": 1, "ignore": 0}),
    "activity_last_active": (_last_active, {True: [MIDNIGHT, MIDNIGHT], False: [None, None]}),
    "segment_identify_updates": (_identified, {True: "New", False: "Old"}),
    "note_when_done_again": (_subject_after_done_twice, {"nothing": ["Call"], "update": ["Second"]}),
    "inherit_reaches_back": (_logged_before_the_flag, {False: [None], True: ["00T1"]}),
    "automation_failed_step": (_steps_after_a_failure, {"stop": 1, "go_on": 2}),
}  # fmt: skip

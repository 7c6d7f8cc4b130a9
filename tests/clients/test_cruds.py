"""cruds 1.9.0 from PyPI, unmodified, in a process of its own that finds api.planhat.com and analytics.planhat.com."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.clients.elsewhere import control, own_or_skip, python
from tests.clients.served import Served, serve

START = """
from cruds.interfaces.planhat import Planhat
def client(**options):
    one = Planhat(api_token=TOLD["token"], tenant_token=TOLD["tenant"], backoff_factor=0.01, **options)
    one._delay = 0      # the pause between two pages keeps to a quota that no test meets
    return one
planhat = client()
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own_or_skip("one")
    with serve(tmp_path_factory.mktemp("cruds"), "--tls", vendor="planhat") as one:
        yield one


@pytest.fixture
def planhat(served: Served) -> Served:
    control(served).reset()
    return served


def cruds(planhat: Served, script: str) -> Any:
    return python(planhat, "one", START + script)


def test_one_company_by_each_of_its_ids(planhat: Served) -> None:
    """The client updates with PATCH; an answer to a deletion counts what is gone."""
    found = cruds(
        planhat,
        """
made = planhat.company.create({"name": "Grand Hôtel", "externalId": "gh", "sourceId": "001G", "custom": {"Tier": "A"}})
planhat.company.update("extid-gh", {"phase": "Onboarding", "custom": {"Seats": 4}})
read = [planhat.company.get_by_id(key) for key in (made["_id"], "extid-gh", "srcid-001G")]
gone = planhat.company.delete(made["_id"])
found = {"read": read, "gone": gone, "again": refused(planhat.company.get_by_id, made["_id"])}
""",
    )
    one = found["read"][0]
    assert [one, one, one] == found["read"]
    assert ("Onboarding", {"Tier": "A", "Seats": 4}) == (one["phase"], one["custom"])
    assert {"n": 1, "ok": 1, "deletedCount": 1} == found["gone"]
    assert ["HTTPError", "Client Error with status code 404 Message: Not Found"] == found["again"]


def test_bulk_in_chunks_is_summed(planhat: Served) -> None:
    """Answers of several calls are added key by key: numbers and lists, both of one kind in each."""
    found = cruds(
        planhat,
        """
rows = [{"externalId": f"c{n}", "name": f"C{n}"} for n in range(12)]
first = planhat.company.bulk_upsert(rows, chunk_size=5)
rows[3]["name"] = "Renamed"
found = {"first": first, "second": planhat.company.bulk_upsert(rows, chunk_size=5, raise_on_error=True)}
""",
    )
    first, second = found["first"], found["second"]
    assert (12, 0, 0) == (first["created"], first["updated"], first["nonupdates"])
    assert [f"c{n}" for n in range(12)] == [one["externalId"] for one in first["insertsKeys"]]
    assert [one["_id"] for one in first["insertsKeys"]] == first["upsertedIds"]
    assert (0, 1, 11) == (second["created"], second["updated"], second["nonupdates"])
    assert [first["upsertedIds"][3]] == second["modified"]


def test_partial_and_total_failure_of_a_bulk_call(planhat: Served) -> None:
    """206 is read as an answer with errors in it, 400 as the same body raised."""
    found = cruds(
        planhat,
        """
planhat.company.create({"name": "One", "externalId": "one"})
part = planhat.company.bulk_upsert([{"externalId": "one", "name": "Uno"}, {"externalId": "no-name"}])
found = {"part": part, "check": refused(planhat.bulk_upsert_response_check),
         "none": refused(planhat.company.bulk_upsert, [{"externalId": "no-name"}])}
""",
    )
    assert (1, 0) == (found["part"]["updated"], found["part"]["created"])
    assert 1 == len(found["part"]["createdErrors"])
    assert ["PlanhatUpsertError", "PlanhatUpsertError"] == [found["check"][0], found["none"][0]]
    assert "createdErrors" in found["none"][1]


def test_pages_until_one_is_short(planhat: Served) -> None:
    """The client asks for `-_id` and two keys with a blank between them; every row comes once, newest first."""
    found = cruds(
        planhat,
        """
made = planhat.company.bulk_upsert([{"externalId": f"c{n}", "name": f"C{n}"} for n in range(12)])["upsertedIds"]
pages = list(planhat.company.get_list(limit=5))
lean = planhat.company.get_lean_list(external_id="c7", status="prospect, lost")
found = {"made": made, "pages": pages, "lean": lean, "once": [len(one) for one in planhat.company.get_list(limit=12)]}
""",
    )
    assert [5, 5, 2] == [len(page) for page in found["pages"]]
    assert found["made"][::-1] == [row["_id"] for page in found["pages"] for row in page]
    assert ["_id", "name"] == sorted(found["pages"][0][0])
    assert [12, 0] == found["once"]
    assert [found["made"][7]] == [one["_id"] for one in found["lean"]]


def test_a_task_and_its_note(planhat: Served) -> None:
    """A task that is done leaves the list, stays readable by its sourceId, and is a note under the same id."""
    found = cruds(
        planhat,
        """
planhat.company.create({"name": "Grand Hotel", "externalId": "gh"})
task = planhat.task.create({"companyId": "extid-gh", "action": "Call", "description": "<p>Hi.</p>", "sourceId": "00T1"})
open_ = list(planhat.task.get_list(select=None))
refusal = refused(planhat.task.update, "srcid-00T1", {"status": "done"})
done = planhat.task.update("srcid-00T1", {"status": "Done"})
found = {"task": task, "open": open_, "refusal": refusal, "done": done, "left": list(planhat.task.get_list()),
         "archived": list(planhat.task.get_list(isArchived="true")), "notes": list(planhat.note.get_list(select=None)),
         "read": planhat.task.get_by_id("srcid-00T1")}
""",
    )
    task_id = found["task"]["_id"]
    assert [[task_id], []] == [[one["_id"] for one in found[name][0]] for name in ("open", "left")]
    assert "Failed to execute task status update" in found["refusal"][1]
    assert (task_id, True) == (found["done"]["noteId"], found["done"]["isArchived"])
    assert [task_id] == [one["_id"] for one in found["archived"][0]]
    ((note,),) = found["notes"]
    assert (task_id, "note", "Call", "Hi.") == (note["_id"], note["type"], note["subject"], note["snippet"])
    assert "description" not in note
    assert "Done" == found["read"]["status"]


def test_metrics_and_activity_go_to_the_other_host(planhat: Served) -> None:
    """Pushes show the tenant's id, not the token; what was pushed as a metric is read page by page."""
    found = cruds(
        planhat,
        """
planhat.company.create({"name": "Grand Hotel", "externalId": "gh"})
metrics = [{"dimensionId": "logins", "value": n, "externalId": "gh", "date": f"2026-01-0{n}"} for n in (1, 2, 3)]
told = planhat.metrics.bulk_insert_metrics([*metrics, {"dimensionId": "logins", "value": 1, "externalId": "none"}])
pages = list(planhat.metrics.get_dimension_data("2026-01-02", "2026-12-31", dimension_id="logins", limit=1))
event = {"email": "ann@gh.example", "action": "Login", "companyExternalId": "gh"}
one = planhat.user_activity.create_activity(event)
many = planhat.user_activity.create_activity([event, event], bulk=True)
people = [row["email"] for page in planhat.enduser.get_list(select="email") for row in page]
found = {"told": told, "pages": pages, "empty": [bytes(one).decode(), many], "people": people}
""",
    )
    assert (3, 1) == (found["told"]["processed"], len(found["told"]["errors"]))
    assert [1, 1, 0] == [len(page) for page in found["pages"]]
    assert [2, 3] == sorted(row["value"] for page in found["pages"] for row in page)
    assert ["", {}] == found["empty"]
    assert ["ann@gh.example"] == found["people"]


def test_segment_calls_come_one_by_one_and_as_a_list(planhat: Served) -> None:
    """The client sends Segment's calls to the analytics host, a list of them in one body."""
    found = cruds(
        planhat,
        """
planhat.company.create({"name": "Grand Hotel", "externalId": "gh"})
def call(user):
    return {"type": "identify", "userId": user, "traits": {"email": f"{user}@gh.example", "companyId": "gh"}}
planhat.user_activity.segment(call("ann"))
planhat.user_activity.segment([call("bob"), {"type": "page"}, call("cy")])
people = [row["externalId"] for page in planhat.enduser.get_list(select="externalId", sort="_id") for row in page]
found = {"people": people}
""",
    )
    assert ["ann", "bob", "cy"] == found["people"]


def test_a_refused_call_is_sent_again(planhat: Served) -> None:
    """A 429 and a 500 are followed by another try, which needs no Retry-After; a token nobody has is not."""
    control(planhat).add_fault(vendor="planhat", kind="limit_reached", verb="list")
    control(planhat).add_fault(vendor="planhat", kind="error_after", verb="update")
    found = cruds(
        planhat,
        """
made = planhat.company.create({"name": "Grand Hotel"})
planhat.company.update(made["_id"], {"phase": "Onboarding"})
pages = list(planhat.company.get_list())
stranger = Planhat(api_token="nobody's")
found = {"made": made["_id"], "pages": pages, "stranger": refused(stranger.company.get_by_id, made["_id"])}
""",
    )
    assert [[found["made"]]] == [[row["_id"] for row in page] for page in found["pages"]]
    assert ["HTTPError", "Client Error with status code 401 Message: Unauthorized"] == found["stranger"]
    assert [200, 500, 200, 429, 200, 401] == [one["status"] for one in control(planhat).journal()]


def test_every_model_it_knows(planhat: Served) -> None:
    """Each model is created, changed, read by its key, sent again as it is, listed for its company and deleted."""
    found = cruds(
        planhat,
        """
company = planhat.company.create({"name": "Grand Hotel", "externalId": "gh"})["_id"]
planhat.enduser.create({"companyId": company, "email": "ann@gh.example"})
of, ext = {"companyId": "extid-gh"}, {"externalId": "x1"}
money = {"_currency": "EUR", "value": 1200}
ROWS = {
    "asset": {"name": "A", **of, **ext}, "campaign": {"name": "A", **of, **ext},
    "objective": {"name": "A", **of, **ext},
    "project": {"name": "A", **of, **ext}, "workspace": {"name": "A", **of, **ext}, "deal": {"name": "A", **of, **ext},
    "line_item": {"name": "A", **of, **ext}, "time_entry": {**of, **ext}, "opportunity": {"title": "O", **of, **ext},
    "churn": {"value": 5, "churnDate": "2026-01-01", **of, **ext},
    "license": {"fromDate": "2026-01-01", **money, **of, **ext},
    "sale": {"salesDate": "2026-01-01", **money, **of, **ext},
    "invoice": {"cId": company, "currency": "EUR", "invoiceDate": 20000, "sourceId": "x1"},
    "issue": {"title": "Bug", "archived": False, "companyIds": [company], "sourceId": "x1"},
    "nps": {"email": "ann@gh.example", "campaignId": "c1", "score": 9, "sourceId": "x1"},
    "product": {"name": "P", **ext},
    "user": {"email": "u@us.example", "nickName": "U", "firstName": "U", "lastName": "Us", **ext},
}
def life(api, row):
    made = api.create(row)
    changed = api.update(made["_id"], {"custom": {"X": 1}})
    key = "extid-x1" if "externalId" in row else "srcid-x1"
    again = api.bulk_upsert([row])
    mine = {} if "extid-gh" not in row.values() else {"companyId": company}
    listed = [one["_id"] for page in api.get_list(**mine) for one in page]
    return {"custom": changed["custom"], "read": api.get_by_id(key)["_id"] == made["_id"], "same": again["nonupdates"],
            "listed": made["_id"] in listed, "gone": api.delete(made["_id"])["deletedCount"]}
found = {name: life(getattr(planhat, name), row) for name, row in ROWS.items()}
""",
    )
    whole = {"custom": {"X": 1}, "read": True, "same": 1, "listed": True, "gone": 1}
    assert 17 == len(found)
    assert dict.fromkeys(found, whole) == found


def test_tickets_fields_and_hours(planhat: Served) -> None:
    """Tickets have a bulk route and no other to write; custom fields have none; time entries can be doubled."""
    found = cruds(
        planhat,
        """
company = planhat.company.create({"name": "Grand Hotel", "externalId": "gh"})["_id"]
ann = {"email": "ann@gh.example", "companyExternalId": "gh"}
tickets = [{"sourceId": "t1", "status": "open", **ann}, {"sourceId": "t2"}]
put = planhat.ticket.bulk_upsert(tickets)
listed = [one["_id"] for page in planhat.ticket.get_list(status="open") for one in page]
field = planhat.custom_field.create({"name": "Tier", "parent": "company", "type": "text", "isHidden": False})
fields = [one["name"] for page in planhat.custom_field.get_list(parent="company") for one in page]
entry = planhat.time_entry.create({"companyId": company})
double = planhat.time_entry.duplicate({"ids": [entry["_id"]]})
found = {"put": put, "listed": listed, "ticket": planhat.ticket.delete(listed[0]), "fields": fields,
         "field": planhat.custom_field.get_by_id(field["_id"])["type"], "double": double[0]["companyId"] == company,
         "hours": len([one for page in planhat.time_entry.get_list() for one in page])}
""",
    )
    assert (1, [], found["listed"]) == tuple(found["put"][key] for key in ("created", "createdErrors", "upsertedIds"))
    assert {"n": 1, "ok": 1, "deletedCount": 1} == found["ticket"]
    assert (["Tier"], "text", True, 2) == tuple(found[key] for key in ("fields", "field", "double", "hours"))

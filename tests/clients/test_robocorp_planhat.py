"""robocorp-planhat 1.0.0 from PyPI, unmodified, in a process of its own that finds the vendor's hosts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.clients.elsewhere import control, own_or_skip, python
from tests.clients.served import Served, serve

START = """
from planhat import Planhat, types as T
planhat = Planhat(api_key=TOLD["token"], tenant_uuid=TOLD["tenant"], use_caching=False)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own_or_skip("one")
    with serve(tmp_path_factory.mktemp("robocorp"), "--tls", vendor="planhat") as one:
        yield one


@pytest.fixture
def planhat(served: Served) -> Served:
    control(served).reset()
    return served


def robocorp(planhat: Served, script: str) -> Any:
    return python(planhat, "one", START + script)


def test_a_record_is_made_of_the_path_that_was_called(planhat: Served) -> None:
    """The client sends a whole record back to update it, its `_id` among the keys."""
    found = robocorp(
        planhat,
        """
made = planhat.create_object(T.Company({"name": "Grand Hotel", "externalId": "gh", "sourceId": "001G"}))
made["phase"] = "Onboarding"
whole = planhat.update_object(made)
part = planhat.update_object(T.Company(external_id="gh", custom={"Seats": 4}))
read = planhat.get_object_by_id(T.Company, "001G", T.PlanhatIdType.SOURCE_ID)
found = {"kind": type(made).__name__, "id": made.id, "whole": whole, "part": part, "read": read}
""",
    )
    assert "Company" == found["kind"]
    assert ("Onboarding", found["id"]) == (found["whole"]["phase"], found["whole"]["_id"])
    assert {"Seats": 4} == found["part"]["custom"]
    assert found["part"] == {key: found["read"][key] for key in found["part"]}


def test_lists_select_and_filter_by_many_companies(planhat: Served) -> None:
    """More ids than fit into one URL are asked for in several calls; the client puts the rows together."""
    found = robocorp(
        planhat,
        """
made = planhat.update_objects(T.Company.from_list([{"externalId": f"c{n}", "name": f"C{n}"} for n in range(120)]))
ids = made["upsertedIds"]
planhat.update_objects(T.Task.from_list([{"companyId": one, "action": one, "sourceId": one} for one in ids]))
tasks = planhat.get_objects(T.Task, company_ids=ids, properties=["action"])
found = {"ids": ids, "actions": [one["action"] for one in tasks], "keys": sorted(tasks[0]),
         "all": len(planhat.get_objects(T.Company)), "lean": len(planhat.list_all_companies())}
""",
    )
    assert found["ids"] == found["actions"]
    assert ["_id", "action"] == found["keys"]
    assert (120, 120) == (found["all"], found["lean"])
    lists = [one for one in control(planhat).journal() if one["path"].startswith("/tasks?")]
    assert 2 == len(lists)


def test_pages_of_five_thousand(planhat: Served) -> None:
    """Companies come 5,000 at a time: one more than that is two calls."""
    found = robocorp(
        planhat,
        """
for first in (0, 2501):
    rows = [{"externalId": f"c{n}", "name": f"C{n}"} for n in range(first, first + 2500 + (not first))]
    planhat.update_objects(T.Company.from_list(rows))
every = [one["externalId"] for one in planhat.get_objects(T.Company, properties=["externalId"])]
found = {"rows": len(every), "once": len(set(every))}
""",
    )
    assert {"rows": 5001, "once": 5001} == found
    lists = [one["path"] for one in control(planhat).journal() if one["method"] == "GET"]
    assert ["offset=0", "offset=5000"] == [path.rpartition("&")[2] for path in lists]


def test_a_task_its_note_and_their_deletion(planhat: Served) -> None:
    """A task counts what it deletes, a note tells what it was."""
    found = robocorp(
        planhat,
        """
company = planhat.create_object(T.Company({"name": "Grand Hotel", "externalId": "gh"}))
task = planhat.create_object(T.Task({"companyId": "extid-gh", "action": "Call", "sourceId": "00T1"}))
done = planhat.update_object(T.Task({"sourceId": "00T1", "status": "Done"}))
note = planhat.get_objects(T.Note, company_ids=[company.id])[0]
found = {"id": task.id, "done": done, "note": note, "task": planhat.delete_planhat_object(task).json(),
         "again": planhat.delete_planhat_object(task).json(), "gone": planhat.delete_planhat_object(note).json()}
""",
    )
    assert (found["id"], True) == (found["done"]["noteId"], found["done"]["isArchived"])
    assert (found["id"], "Call") == (found["note"]["_id"], found["note"]["subject"])
    assert {"n": 1, "ok": 1, "deletedCount": 1} == found["task"]
    assert {"n": 0, "ok": 1, "deletedCount": 0} == found["again"]
    assert (found["id"], "Call") == (found["gone"]["_id"], found["gone"]["subject"])


def test_errors_become_its_own(planhat: Served) -> None:
    """404 and 403 have classes of their own; 400 and 401 share one that carries the server's words."""
    found = robocorp(
        planhat,
        """
company = planhat.create_object(T.Company({"name": "Grand Hotel"}))
def who(*call):
    return refused(*call)[0]
stranger = Planhat(api_key="nobody's", use_caching=False)
found = {"missing": who(planhat.get_object_by_id, T.Company, "0" * 24),
         "malformed": who(planhat.get_object_by_id, T.Company, "nobody"),
         "prefixed": who(planhat.delete_planhat_object, T.Company(source_id="001G")),
         "bulk": refused(planhat.update_objects, T.Company.from_list([{"externalId": "no-name"}])),
         "stranger": refused(stranger.get_objects, T.Company)}
""",
    )
    assert "PlanhatNotFoundError" == found["missing"]
    assert ["PlanhatHTTPError", "PlanhatHTTPError"] == [found["malformed"], found["prefixed"]]
    assert '"createdErrors":[{' in found["bulk"][1]
    assert ["PlanhatHTTPError", True] == [found["stranger"][0], "Unauthorized" in found["stranger"][1]]


def test_limits_and_outages_are_tried_again(planhat: Served) -> None:
    """A 429 and a 500 mean the same to the client: it waits and calls once more, three times in all."""
    plane = control(planhat)
    plane.add_fault(vendor="planhat", kind="limit_reached", verb="list")
    plane.add_fault(vendor="planhat", kind="error_after", verb="create")
    found = robocorp(
        planhat,
        """
planhat.create_object(T.Company({"name": "Grand Hotel"}))
found = len(planhat.get_objects(T.Company))
""",
    )
    assert 2 == found  # the server had made the first one before it failed
    assert [500, 200, 429, 200] == [one["status"] for one in plane.journal()]


def test_activities(planhat: Served) -> None:
    """The analytics host says nothing: 200 and no body."""
    found = robocorp(
        planhat,
        """
planhat.create_object(T.Company({"name": "Grand Hotel", "externalId": "gh"}))
event = {"email": "ann@gh.example", "action": "Login", "companyExternalId": "gh"}
answers = [planhat.session.create_analytics(event), planhat.session.create_bulk_activities([event])]
found = [[(one.status_code, one.text) for one in answers], [one.email for one in planhat.get_objects(T.Enduser)]]
""",
    )
    assert [[[200, ""], [200, ""]], ["ann@gh.example"]] == found

"""The ladder: which runs there are, and what strikes them."""

from __future__ import annotations

import pytest

from crm_contracts.integration.ladder import KINDS_MAX, Heard, names, steps, unmet, unstruck
from fake_core.errors import MisuseError

HEARD: list[Heard] = [
    ("salesforce", "login", "", False),
    ("salesforce", "query", "Task", False),
    ("salesforce", "query", "Task", False),
    ("salesforce", "create", "Task", True),
    ("planhat", "list", "Task", False),
]


def test_a_rung_strikes_what_the_plain_run_called() -> None:
    """A fault is addressed by the meaning of a call that was made, for each vendor by itself."""
    met = {step.name: step.fault for step in steps(HEARD)}
    named = ("lost_response", "session_expired", "item_refused", "unavailable")
    lost, ended, refused, busy = (met[f"{name}:salesforce"] for name in named)
    assert lost is not None
    assert ended is not None
    assert refused is not None
    assert busy is not None
    assert ("create", "Task", 1) == (lost.verb, lost.object, lost.nth)
    assert ("query", "Task", 2) == (ended.verb, ended.object, ended.nth)
    assert ("item_refused", 1, 2) == (refused.kind, refused.times, busy.times)
    assert None is met["small_pages:salesforce"]
    assert {"unavailable:planhat", "limit_reached:planhat"} == {name for name in met if "planhat" in name}


def test_no_fault_strikes_a_log_in_or_nothing() -> None:
    """Who only logged in is struck by nothing."""
    assert [] == steps(HEARD[:1])


def test_rungs_are_chosen_by_name_and_vendor() -> None:
    """A name is that rung of every vendor, NAME:VENDOR that of one."""
    assert ["unavailable:salesforce", "unavailable:planhat"] == [step.name for step in steps(HEARD, ["unavailable"])]
    assert ["unavailable:planhat"] == [step.name for step in steps(HEARD, ["unavailable:planhat"])]
    with pytest.raises(MisuseError, match=f"choose of none, {names()[0]}"):
        steps(HEARD, ["rain"])


def test_each_kind_of_write_is_struck_once() -> None:
    """A create that is careful says nothing of the next: each verb, object and form is struck, up to the most."""
    objects = ["Contact", "Contact", "Task", *(f"Made{number}__c" for number in range(KINDS_MAX))]
    heard: list[Heard] = [("salesforce", "create", name, False) for name in objects]
    heard.append(("salesforce", "create", "Task", True))
    lost = [step.fault for step in steps(heard, ["lost_response"])]
    assert KINDS_MAX == len(lost)
    struck = [(fault.verb, fault.object, fault.nth) for fault in lost if fault is not None]
    assert [("create", "Contact", 1), ("create", "Task", 1), ("create", "Made0__c", 1)] == struck[:3]
    assert ["create Made3__c", "create Made4__c", "create Task"] == unstruck(heard)["lost_response:salesforce"]
    assert [("create", "Task", 2)] == [
        (step.fault.verb, step.fault.object, step.fault.nth)
        for step in steps(heard, ["item_refused"])
        if step.fault is not None
    ]


def test_what_was_chosen_and_strikes_nothing_is_named() -> None:
    """A rung that no call of the plain run meets is no rung that held."""
    assert ["lost_response:planhat"] == unmet(HEARD, ["lost_response:planhat", "unavailable"])
    with pytest.raises(MisuseError, match="one vendor's only"):
        steps((), ["unavailable:hubspot"])

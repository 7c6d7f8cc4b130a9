"""Which id the next record gets may be said beforehand: where a bug needs that very id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm_contracts.vendors import create_fake
from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_core.ids import IdSource
from fake_core.testing import play

SHORT, LONG = "00T5e00000abcDE", "00T5e00000abcDEEAY"


@pytest.fixture(params=["salesforce", "planhat", "totango"])
def played(request: pytest.FixtureRequest) -> Iterator[Any]:
    fake = create_fake(request.param, clock=FrozenClock())
    with play(fake, f"https://{fake.hosts[0].replace('*', 'understudy')}") as one:
        yield one
    fake.close()


def test_pinned_ids_are_taken_in_their_order() -> None:
    """Each is taken once; afterwards serial numbers go on where they were; a dump keeps those that wait."""
    ids = IdSource()
    plain = ids.dump()
    ids.pin("x", ["b", "a"])
    other = IdSource()
    other.load(ids.dump())

    assert ["b", "a", None] == [other.pinned("x") for _ in range(3)]
    assert "b" == ids.pinned("x")
    ids.pin("x", [])
    assert ids.pinned("x") is None
    assert plain == ids.dump()


@pytest.mark.parametrize("played", ["salesforce"], indirect=True)
def test_the_next_salesforce_record_has_the_id(played: Any) -> None:
    """Fifteen characters are completed; the record after it has an id as they come."""
    played.control.pin_ids("Task", [SHORT])
    made = played.control.seed({"Task": [{"Subject": "One"}, {"Subject": "Two"}]})["Task"]

    assert LONG == made[0]
    assert made[1].startswith("00TUd")


@pytest.mark.parametrize("played", ["planhat"], indirect=True)
def test_the_next_planhat_record_has_the_id(played: Any) -> None:
    """A Planhat id is 24 hexadecimal digits."""
    played.control.pin_ids("companies", ["5f0000000000000000000001"])
    made = played.control.seed({"companies": [{"name": "Acme"}, {"name": "Globex"}]})

    assert "5f0000000000000000000001" in str(made)


@pytest.mark.parametrize(
    ("played", "name", "given", "said"),
    [
        ("salesforce", "Task", "001000000000001", "is no id of Task"),
        ("salesforce", "Task", "00T5e00000abcDEAAA", "is no id of Task"),
        ("salesforce", "Nothing__c", SHORT, "is no object of this org"),
        ("planhat", "tasks", "XYZ", "is no id of Planhat's tasks"),
        ("totango", "Task", "1", "takes no ids"),
    ],
    indirect=["played"],
)
def test_what_is_no_id_is_refused(played: Any, name: str, given: str, said: str) -> None:
    """In one line; nothing is pinned then."""
    with pytest.raises(MisuseError, match=said):
        played.control.pin_ids(name, [given])

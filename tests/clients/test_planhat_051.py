"""planhat 0.5.1 from PyPI (2019), unmodified: it is told its base URL, over https and over http."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.clients.elsewhere import control, own_or_skip, python
from tests.clients.served import Served, serve

START = """
from planhat import Planhat
planhat = Planhat(TOLD["url"], TOLD["tenant"], TOLD["token"])
"""
SEED = {
    "companies": [{"_id": "5c" + "0" * 22, "name": "Grand Hotel"}, {"_id": "5c" + "1" * 22, "name": "Other"}],
    "users": [
        {"_id": "5a" + "0" * 22, "nickName": "Al", "firstName": "Al", "lastName": "Bo", "email": "al@us.example"}
    ],
    "endusers": [{"companyId": "5c" + digit * 22, "email": f"{digit}@gh.example"} for digit in "01"],
}


@pytest.fixture(scope="module", params=["https", "http"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own_or_skip("two")
    tls = ["--tls"] if request.param == "https" else []
    with serve(tmp_path_factory.mktemp("planhat"), *tls, vendor="planhat") as one:
        yield one


@pytest.fixture
def planhat(served: Served) -> Served:
    control(served).reset()
    control(served).seed(SEED)
    return served


def client(planhat: Served, script: str) -> Any:
    return python(planhat, "two", START + script)


def test_lists_by_their_old_parameters(planhat: Served) -> None:
    """Contacts of a company are asked for with `c`; an absent segment is not sent."""
    found = client(
        planhat,
        """
companies, users = planhat.get_companies(), planhat.get_users()
found = {"companies": [one["name"] for one in companies], "user": planhat.get_user(users[0]["_id"])["nickName"],
         "contacts": [one["email"] for one in planhat.get_contacts(companies[0]["_id"])],
         "all": len(planhat.get_contacts())}
""",
    )
    assert {"companies": ["Grand Hotel", "Other"], "user": "Al", "contacts": ["0@gh.example"], "all": 2} == found


def test_a_conversation_with_a_title_for_a_type(planhat: Served) -> None:
    """The client's title goes into `type`, which nobody has: it becomes a note. Its comments are kept."""
    found = client(
        planhat,
        """
company, user = planhat.get_companies()[0]["_id"], planhat.get_users()[0]["_id"]
made = planhat.post_conversations("Kick-off", "<p>Hi.</p>", company, user, "tag", "hello")
found = {"made": made, "listed": planhat.get_conversations()}
""",
    )
    made, (row,) = found["made"], found["listed"]
    assert ("note", "<p>Hi.</p>", "Hi.") == (made["type"], made["description"], made["snippet"])
    assert [{"id": "5a" + "0" * 22, "name": "Al", "isOwner": False}] == made["users"]
    assert made["_id"] == row["_id"]
    assert "description" not in row


def test_what_is_documented_no_more(planhat: Served) -> None:
    """Segments, data and activity tags of 2017 are not played, and say so."""
    found = client(
        planhat,
        """
found = [refused(call)[1] for call in (planhat.get_segments, planhat.get_data, planhat.get_activity_tags)]
""",
    )
    assert ["501"] * 3 == [words.partition(" ")[0] for words in found]

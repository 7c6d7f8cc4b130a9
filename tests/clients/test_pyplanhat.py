"""pyplanhat 0.2.1 from PyPI, unmodified, against the fake: in-process under the vendor's host name, and served."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pyplanhat
import pytest
from pyplanhat import AsyncPyPlanhat, PyPlanhat

from fake_core import Fake, FrozenClock, InProcess
from fake_core.faults import Fault
from fake_core.server import ServedFake
from fake_planhat import ApiToken, TenantConfig, create_app

TOKEN = "a-token"
READER = "a-token-that-may-only-read"
READ_ONLY = {name: frozenset({"read"}) for name in ("Company", "Enduser", "Conversation")}


@pytest.fixture
def fake() -> Iterator[Fake]:
    tokens = [ApiToken(TOKEN), ApiToken(READER, permissions=READ_ONLY)]
    one = create_app(clock=FrozenClock(), org=TenantConfig(tokens=tokens))
    with InProcess([one]):
        yield one
    one.close()


@pytest.fixture
def client(fake: Fake) -> Iterator[PyPlanhat]:
    with PyPlanhat(api_key=TOKEN) as one:
        yield one


def id_of(record: Any) -> str:
    """The client's models call an id optional; a made record has one."""
    assert isinstance(record.id, str)
    return record.id


def company(**values: Any) -> Any:
    from pyplanhat._sync.resources import Company

    return Company(**{"name": "Grand Hôtel", **values})


def enduser(**values: Any) -> Any:
    from pyplanhat._sync.resources import EndUser

    return EndUser(**values)


def conversation(**values: Any) -> Any:
    from pyplanhat._sync.resources import Conversation

    return Conversation(**values)


def test_companies(client: PyPlanhat) -> None:
    """Create, get, list, update by each kind of id, delete: the client reads every answer into its own models."""
    made = client.companies.create(company(external_id="gh", source_id="001G", custom={"Tier": "A"}))
    client.companies.update("extid-gh", company(name="Grand Hotel", phase="Onboarding", custom={"Seats": 4}))

    read = client.companies.get(id_of(made))

    assert ("Grand Hotel", "Onboarding", "prospect") == (read.name, read.phase, read.status)
    assert {"Tier": "A", "Seats": 4} == read.custom
    assert read == client.companies.get("srcid-001G")
    assert [read] == client.companies.list()
    client.companies.delete(id_of(made))
    assert [] == client.companies.list()


def test_endusers(client: PyPlanhat) -> None:
    """Endusers by company go through the nested route."""
    home, away = (client.companies.create(company(name=name)) for name in ("Home", "Away"))
    made = client.endusers.create(enduser(company_id=home.id, email="ann@home.example", first_name="Ann"))
    client.endusers.create(enduser(company_id=away.id, email="bob@away.example"))

    client.endusers.update(id_of(made), enduser(last_name="Öst"))

    assert "Ann Öst" == client.endusers.get(id_of(made)).name
    assert ["ann@home.example"] == [one.email for one in client.endusers.list(company_id=home.id)]
    assert 2 == len(client.endusers.list())
    client.endusers.delete(id_of(made))
    assert [] == client.endusers.list(company_id=home.id)


def test_conversations(client: PyPlanhat) -> None:
    """Conversations are created, read with their text, listed without it, and deleted."""
    home = client.companies.create(company())
    made = client.conversations.create(
        conversation(company_id=home.id, subject="Kick-off", description="<p>Hi.</p>", external_id="00T1")
    )
    client.conversations.update("extid-00T1", conversation(subject="Kick-off call"))

    read = client.conversations.get(id_of(made))

    assert ("Kick-off call", "<p>Hi.</p>", "Hi.", "note") == (read.subject, read.description, read.snippet, read.type)
    (row,) = client.conversations.list(company_id=home.id)
    assert (read.id, None, "Hi.") == (row.id, row.description, row.snippet)
    assert [row] == client.conversations.list()
    client.conversations.delete(id_of(made))
    assert [] == client.conversations.list()


def test_errors_become_its_own(fake: Fake, client: PyPlanhat) -> None:
    """Plain-text refusals reach each of the client's exception classes."""
    with pytest.raises(pyplanhat.InvalidRequestError) as unknown:
        client.companies.get("0" * 24)
    with pytest.raises(pyplanhat.APIError) as required:
        client.endusers.create(enduser(email="x@y.example"))
    with PyPlanhat(api_key="wrong") as stranger, pytest.raises(pyplanhat.AuthenticationError) as stranger_error:
        stranger.companies.list()
    with PyPlanhat(api_key=READER) as reader, pytest.raises(pyplanhat.AuthenticationError) as reader_error:
        reader.companies.create(company())

    assert [404, 400, 401, 403] == [
        error.value.status_code for error in (unknown, required, stranger_error, reader_error)
    ]
    fake.limits["hard_calls_per_second"].limit = 0
    with pytest.raises(pyplanhat.RateLimitError, match="Too many requests"):
        client.companies.list()
    fake.faults.add(Fault(kind="unavailable"))
    with pytest.raises(pyplanhat.ServerError):
        client.companies.list()


def test_async(fake: Fake) -> None:
    """The asynchronous client does the same."""

    async def life() -> tuple[Any, ...]:
        async with AsyncPyPlanhat(api_key=TOKEN) as client:
            made = await client.companies.create(company(name="Async"))
            person = await client.endusers.create(enduser(company_id=id_of(made), email="a@b.example"))
            note = await client.conversations.create(conversation(company_id=id_of(made), subject="S"))
            listed = await client.conversations.list(company_id=id_of(made))
            await client.endusers.delete(id_of(person))
            return made.name, [one.id for one in listed] == [note.id], await client.endusers.list()

    assert ("Async", True, []) == asyncio.run(life())


def test_served_over_http(fake: Fake) -> None:
    """A base URL over plain http is accepted; nothing tells the client that this is not Planhat."""
    with ServedFake(fake, tls=False) as served, PyPlanhat(api_key=TOKEN, base_url=served.url) as client:
        made = client.companies.create(company())

        assert made.id == client.companies.get(id_of(made)).id


def test_populated_owner_is_more_than_it_can_read(client: PyPlanhat, fake: Fake) -> None:
    """Lists populate a company's owner; this client wants an id there. The switch company_list_owner gives it one."""
    assert fake.seed is not None
    fake.seed({"users": [{"_id": "5a" + "0" * 22, "nickName": "Al"}]})
    client.companies.create(company(owner="5a" + "0" * 22))

    with pytest.raises(ValueError, match="owner"):
        client.companies.list()
    fake.seed({"switches": {"company_list_owner": "id"}})

    assert ["5a" + "0" * 22] == [one.owner for one in client.companies.list()]

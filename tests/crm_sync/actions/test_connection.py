"""The connection: its states, where it logs in, where its tokens are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.crm_sync.actions.desk import SF, TASK, Desk, Go, for_each, items

from crm_sync.actions.failures import Failure
from crm_sync.actions.memory import Memory
from crm_sync.actions.settings import settings
from crm_sync.errors import ConfigError
from fake_salesforce.org import APP
from fake_salesforce.org import OrgConfig as _OrgConfig

SECRETS = ("access_token", "refresh_token", "client_secret", "password", "security_token")


@pytest.mark.rule("A32")
def test_a_connection_is_made_shown_and_lost(desk: Desk) -> None:
    """disconnected, connected with the instance's address, needs_reconnect, connected again; each is remembered."""
    seen = [desk.runner().connection.state]
    desk.runner().connection.connect()
    seen.append(desk.runner().connection.state)
    desk.fault("session_expired", verb="create", times=2)
    desk.tasks_of(items("Call"))
    seen.append(desk.runner().connection.state)
    desk.runner().connection.connect()
    seen.append(desk.runner().connection.state)

    assert ["disconnected", "connected", "needs_reconnect", "connected"] == seen
    assert SF == desk.memory.connection(SF).instance_url


@pytest.mark.rule("A32")
def test_connecting_makes_one_test_call(desk: Desk) -> None:
    """A log-in and one call that reads no record."""
    desk.runner().connection.connect()

    assert [("POST", "/services/oauth2/token"), ("GET", "/services/data/v60.0/")] == [
        (method, url.removeprefix(SF)) for method, url, _ in desk.wire.sent
    ]


@pytest.mark.rule("A32")
def test_calls_go_to_the_address_that_the_log_in_told(desk: Desk) -> None:
    """The log-in host is another than the instance; the instance is remembered for the next process."""
    chosen = desk.settings(access_token="", login_url="https://login.salesforce.com")

    def moved(request: Any, go: Go) -> Any:
        answer = go(request)
        if "/oauth2/token" in str(request.url):
            told = json.loads(answer.content) | {"instance_url": "https://eu9.salesforce.com"}
            answer._content = json.dumps(told).encode()
        return answer

    desk.wire.between = moved
    desk.tasks_of(items("Call"), chosen)

    hosts = [url.split("/")[2] for _, url, _ in desk.wire.sent]
    assert ["login.salesforce.com", "eu9.salesforce.com", "eu9.salesforce.com"] == hosts
    assert "https://eu9.salesforce.com" == desk.runner(chosen).connection.instance_url


@pytest.mark.rule("A32")
def test_a_refused_connect_says_why(desk: Desk) -> None:
    """Wrong words at the log-in: needs_reconnect, with Salesforce's reason."""
    connection = desk.runner(desk.settings(refresh_token="revoked")).connection

    with pytest.raises(Failure, match="refused"):
        connection.connect()

    assert "needs_reconnect" == connection.state


@pytest.mark.rule("A33")
@pytest.mark.parametrize("outcome", ["good", "refused", "lost"])
def test_no_secret_is_in_a_report_a_repr_or_the_state(desk: Desk, tmp_path: Path, outcome: str) -> None:
    """Neither the given tokens nor the new ones stand in anything that is printed, shown or kept."""
    desk.memory = Memory(f"sqlite:///{tmp_path}/state.db")
    more = {"username": desk.credentials["username"], "password": desk.credentials["password"]}
    chosen = desk.settings(security_token=desk.credentials["security_token"], **more)
    if outcome != "good":
        desk.fault("session_expired", verb="create", times=1 if outcome == "refused" else 2)
    runner = desk.runner(chosen)
    desk.meeting(items("Call"))
    report = runner.run(for_each(**{**TASK, "what_id": "" if outcome == "good" else desk.contact}), _event())
    failure = Failure("X", "y")
    tokens = {desk.credentials[name] for name in SECRETS} | {runner.connection._token}
    desk.memory.close()

    shown = [
        *report.lines(),
        json.dumps(report.as_dict(), default=str),
        *map(repr, (chosen, chosen.login, runner, runner.connection, report, failure, runner._salesforce)),
        (tmp_path / "state.db").read_bytes().decode("latin-1"),
    ]

    assert [] == [token for token in tokens for text in shown if token in text]


def _event() -> Any:
    from tests.crm_sync.actions.desk import fired

    return fired()


@pytest.mark.rule("A33")
def test_a_configuration_hides_its_secrets(desk: Desk) -> None:
    """Nor does a message about a wrong configuration repeat one."""
    secret = "5Aep861xZ5juG3PQ"
    with pytest.raises(ConfigError) as told:
        settings({"salesforce": {"base_url": secret, "refresh_token": secret, "client_secret": secret}})

    assert secret not in str(told.value)


@pytest.mark.rule("A34")
@pytest.mark.parametrize(
    ("words", "host"),
    [
        ({}, "acme.my.salesforce.com"),
        ({"sandbox": True}, "test.salesforce.com"),
        ({"login_url": "https://login.salesforce.com"}, "login.salesforce.com"),
        ({"sandbox": True, "login_url": "https://acme--dev.my.salesforce.com"}, "acme--dev.my.salesforce.com"),
    ],
)
def test_where_a_connection_logs_in(words: dict[str, Any], host: str, desk: Desk) -> None:
    """A sandbox has a log-in host of its own; a login_url says where otherwise."""
    played = Desk(org={}, sandbox=True) if "sandbox" in words else desk
    played.runner(played.settings(access_token="", **words)).connection.connect()

    assert host == played.wire.sent[0][1].split("/")[2]


@pytest.mark.rule("A34")
def test_a_production_org_is_not_entered_through_the_sandbox_host(desk: Desk) -> None:
    """The host of sandboxes knows no other orgs: the log-in is refused."""
    with pytest.raises(Failure, match="refused"):
        desk.runner(desk.settings(access_token="", sandbox=True)).connection.connect()


@pytest.mark.rule("A34")
def test_a_sandbox_does_not_log_in_at_production(desk: Desk) -> None:
    """The slip is told before any call."""
    with pytest.raises(ConfigError, match=r"salesforce\.login_url"):
        desk.settings(sandbox=True, login_url="https://login.salesforce.com")


@pytest.mark.rule("A24", "A32")
@pytest.mark.parametrize(
    "way",
    [
        {"refresh_token": ""},
        {"refresh_token": "", "username": "admin@understudy.example", "password": "understudy-1"},
    ],
    ids=["client credentials", "user name and password"],
)
def test_other_ways_to_log_in(way: dict[str, Any], desk: Desk) -> None:
    """Without a refresh token a session is renewed by what else there is."""
    assert APP.run_as is not None
    assert _OrgConfig().apps

    made = desk.tasks_of(items("Call"), desk.settings(access_token="", **way))

    assert (True, 1, ["Call"]) == (made.good, desk.logins, desk.subjects())


@pytest.mark.rule("A24")
def test_a_token_alone_cannot_be_renewed(desk: Desk) -> None:
    """When it expires, a person is needed; no log-in is tried."""
    desk.fault("session_expired", verb="create")

    made = desk.tasks_of(items("Call"), desk.settings(refresh_token="", client_secret="", client_id=""))

    assert (["NEEDS_RECONNECT"], 0) == ([o.code for o in made.outcomes], desk.logins)

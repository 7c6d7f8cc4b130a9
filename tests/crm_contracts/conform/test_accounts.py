"""An account of the vendor: guarded, counted, cleaned up, and its drift told. A fake on another host plays it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from tests.crm_contracts.conform.written import CREATES

from crm_contracts.conform.accounts import Allowed, NoAccount, account
from crm_contracts.conform.check import Check, checks, read
from crm_contracts.conform.cli import conform as command
from crm_contracts.conform.drift import page
from crm_contracts.conform.run import Run, chosen, conform
from crm_contracts.conform.target import Target, org_file
from crm_contracts.findings.grouping import grouped
from crm_contracts.vendors import create_fake
from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_core.fake import Fake
from fake_core.testing import clean
from fake_core.transport import InProcess

SANDBOX = "https://acme--dev.sandbox.my.salesforce.com"
KINDS = {
    "sandbox": 'edition = "Enterprise"\nsandbox = true',
    "developer": 'edition = "Developer"',
    "production": 'edition = "Enterprise"',
}
Change = Callable[[requests.PreparedRequest, requests.Response], None]


class Account(requests.adapters.BaseAdapter):
    """The vendor's host, as far as a session knows: a fake, some of whose answers are changed."""

    def __init__(self, fake: Fake, change: Change | None = None) -> None:
        super().__init__()
        self._inner = InProcess([fake]).adapter()
        self._change = change
        self.asked: list[tuple[str, str]] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        assert request.url is not None
        self.asked.append((str(request.method), request.url))
        answer = self._inner.send(request, **options)
        if self._change is not None:
            self._change(request, answer)
        return answer

    def close(self) -> None:
        """Nothing is open."""


class Org:
    """A Salesforce org and what is needed to reach it."""

    def __init__(self, fake: Fake, change: Change | None = None) -> None:
        self.fake = fake
        self.clock = fake.clock
        self.adapter = Account(fake, change)
        self.session = requests.Session()
        self.session.mount("https://", self.adapter)
        token = fake.credentials(SANDBOX)["access_token"]
        self.environment = {"SALESFORCE_URL": SANDBOX, "SALESFORCE_ACCESS_TOKEN": token}

    def account(self, *, budget: int | None = None, **allowed: Any) -> Target:
        return account(
            "salesforce",
            self.environment,
            Allowed(**allowed),
            clock=self.clock,
            budget=budget,
            session=self.session,
        )

    def count(self, name: str) -> int:
        target = self.account()
        total: int = target.call("GET", f"/services/data/v60.0/query?q=SELECT+COUNT()+FROM+{name}").json["totalSize"]
        return total


@pytest.fixture(scope="module")
def fakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Fake]]:
    """One fake for each kind of org, made when it is first needed."""
    made: dict[str, Fake] = {}

    def make(kind: str) -> Fake:
        if kind not in made:
            text = org_file("salesforce").read_text("utf-8")
            path = tmp_path_factory.mktemp("org") / "org.toml"
            path.write_text(text.replace('edition = "Developer"', KINDS[kind]), "utf-8")
            made[kind] = create_fake("salesforce", clock=FrozenClock(), org=str(path))
        clean(made[kind])
        return made[kind]

    yield make
    for one in made.values():
        one.close()


@pytest.fixture
def org(fakes: Callable[[str], Fake]) -> Callable[..., Org]:
    return lambda kind="sandbox", change=None: Org(fakes(kind), change)


def _run(found: Sequence[Check], target: Target) -> Run:
    return conform(found, {"salesforce": target}, word="t1", clock=FrozenClock())


def _checks(*only: str) -> list[Check]:
    return chosen(checks("salesforce"), only)


def _replacing(*pairs: tuple[str, str]) -> Change:
    def change(_request: requests.PreparedRequest, answer: requests.Response) -> None:
        text = answer.text
        for before, after in pairs:
            text = text.replace(before, after)
        if text != answer.text:
            answer._content = text.encode()

    return change


# ---- what is asked, and what is not ----------------------------------------------------------------------------


def test_a_sandbox_is_asked_everything_but_what_needs_the_control_plane(org: Callable[..., Org]) -> None:
    """On a sandbox every check holds but those that only a fake can bring about, or that lack a credential."""
    run = _run(_checks(), org().account(budget=5_000))
    not_run = {one.name: one.why for one in run.results if one.state == "not run"}

    assert [] == [(one.name, one.findings) for one in run.results if one.state == "failed"]
    assert {check.name for check in _checks() if check.fake_only} <= set(not_run)
    assert {"needs the control plane"} | {why for why in not_run.values() if "credential" in why} == set(
        not_run.values()
    )
    assert "no credential client_id, client_secret" == not_run["salesforce/login/client-credentials"]


def test_an_org_without_the_fields_is_told() -> None:
    """A check that needs a field which the org lacks is not run, and says which."""
    made = Org(create_fake("salesforce", clock=FrozenClock(), org="developer"))
    run = _run(_checks("upsert/creates", "create/validation-rule"), made.account(developer_edition=True))
    made.fake.close()

    assert ["this org has no object Understudy_Plan__c", "this org has no field Account.Understudy_Key__c"] == [
        one.why for one in run.results
    ]


# ---- the guard ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "allowed", "told"),
    [
        ("production", {}, "--i-know-this-is-production"),
        ("production", {"developer_edition": True}, "--i-know-this-is-production"),
        ("production", {"production": True}, "--write-to-production-org 00D"),
        ("production", {"production_org": "00DUd0000000001MAA"}, "this is production"),
        ("production", {"production": True, "production_org": "00DUd0000000009MAA"}, "this is production"),
        ("production", {"production": True, "production_org": "00dud0000000001"}, "this is production"),
        ("production", {"production": True, "production_org": "00dud0000000009maa"}, "this is production"),
        ("developer", {}, "--allow-developer-edition"),
        ("developer", {"production": True}, "--allow-developer-edition"),
    ],
)
def test_production_is_refused(org: Callable[..., Org], kind: str, allowed: dict[str, Any], told: str) -> None:
    """An org that is no sandbox is refused in one line that says how to mean it, after one call that reads."""
    made = org(kind)
    with pytest.raises(MisuseError, match=told):
        made.account(**allowed)

    assert ["GET"] == [method for method, _ in made.adapter.asked]


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        ("sandbox", {}),
        ("developer", {"developer_edition": True}),
        ("production", {"production": True, "production_org": "00DUd0000000001MAA"}),
        ("production", {"production": True, "production_org": "00DUd0000000001"}),
        ("production", {"production": True, "production_org": "00dud0000000001maa"}),
        ("production", {"production": True, "production_org": "00DUD0000000001MAA"}),
    ],
)
def test_what_may_be_asked(org: Callable[..., Org], kind: str, allowed: dict[str, Any]) -> None:
    """A sandbox needs no word, a Developer Edition org one, production two: the second is its id."""
    assert SANDBOX == org(kind).account(**allowed).url


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("00DUd0000000001MAB", "the last three characters of 00DUd0000000001 are MAA"),
        ("00DuD0000000001MAA", "the last three characters of 00DuD0000000001 are UAA"),
        ("00DUd0000000001MA", "00D and 12 or 15 more characters"),
        ("001Ud0000000001IAA", "00D and 12 or 15 more characters"),
    ],
)
def test_an_id_that_is_none_is_told_before_anybody_is_asked(given: str, told: str) -> None:
    """The word that names the org has to be an id of an org, with the last three characters that fit it."""
    with pytest.raises(MisuseError, match=f"^--write-to-production-org {given}: .*{told}"):
        Allowed(production=True, production_org=given)


def test_a_log_in_goes_to_the_sandbox_host(org: Callable[..., Org]) -> None:
    """Client, secret, name and password log in at test.salesforce.com unless a host is named."""
    made = org()
    known = made.fake.credentials(SANDBOX)
    words = ("client_id", "client_secret", "username", "password", "security_token")
    made.environment = {f"SALESFORCE_{word}".upper(): known[word] for word in words}
    target = made.account()

    assert "https://test.salesforce.com/services/oauth2/token" == made.adapter.asked[0][1]
    assert target.credentials["access_token"].startswith("00D")


def test_credentials_go_over_https_only() -> None:
    """An address without TLS that is not this machine's gets no credentials."""
    environment = {"SALESFORCE_URL": "http://acme.my.salesforce.com", "SALESFORCE_ACCESS_TOKEN": "x"}
    with pytest.raises(MisuseError, match="https only"):
        account("salesforce", environment, Allowed(), clock=FrozenClock(), budget=None)


@pytest.mark.parametrize(
    ("accounts", "told"),
    [({}, "say --account planhat=acme"), ({"planhat": "other"}, "is not PLANHAT_TENANT, which is acme")],
)
def test_planhat_has_to_be_named(accounts: dict[str, str], told: str) -> None:
    """A vendor without a sandbox flag is asked only where its account is named as the credentials name it."""
    environment = {"PLANHAT_TOKEN": "x", "PLANHAT_TENANT": "acme"}
    with pytest.raises(MisuseError, match=told):
        account("planhat", environment, Allowed(accounts=accounts), clock=FrozenClock(), budget=None)
    named = account("planhat", environment, Allowed(accounts={"planhat": "acme"}), clock=FrozenClock(), budget=None)

    assert 0 == named.calls


def test_without_credentials_nothing_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials every check is told as not run, none counts as passed, and the exit status is 2."""
    for name in ("SALESFORCE_URL", "SALESFORCE_ACCESS_TOKEN", "SALESFORCE_CLIENT_ID", "SALESFORCE_REFRESH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    told = CliRunner().invoke(command, ["--target", "sandbox", "-V", "salesforce", "--only", "create/*"])

    assert 2 == told.exit_code
    assert "no sandbox" in told.output
    assert "0 passed" in told.output
    assert "nothing could be asked: set SALESFORCE_URL with SALESFORCE_ACCESS_TOKEN\n" in told.output
    with pytest.raises(NoAccount, match="no sandbox"):
        account("salesforce", {}, Allowed(), clock=FrozenClock(), budget=None)


# ---- the budget --------------------------------------------------------------------------------------------------


def test_the_budget_ends_the_asking(org: Callable[..., Org]) -> None:
    """No check begins that might go over the budget; those left say so, and every call is counted."""
    made = org()
    target = made.account(budget=30)
    run = _run(_checks("create/*", "update/*"), target)
    states = [(one.state, one.why) for one in run.results]

    assert len(made.adapter.asked) == target.calls <= 30
    assert ("passed", "") in states
    assert ("not run", "budget") == states[-1]
    assert 0 == made.count("Account")


def test_a_check_that_costs_more_than_it_said_is_stopped(org: Callable[..., Org]) -> None:
    """A check that goes over the budget on its way is told as not run, and what it made is taken away all the same."""
    made = org()
    (check,) = read(
        CREATES.replace("status = 201", "status = 201\n[[check.step]]\ncall = 'GET /a'\nstatus = 404"),
        "x",
        "salesforce",
    )
    target = made.account(budget=4)
    target.budget = target.calls + 1
    run = conform([replace(check, calls=1)], {"salesforce": target}, word="t1", clock=FrozenClock())

    assert [("not run", "budget")] == [(one.state, one.why) for one in run.results]
    assert 0 == made.count("Account")


def test_an_account_that_falls_silent_is_asked_no_more(org: Callable[..., Org]) -> None:
    """What was answered is told, what is left is not run, and what a check could not take away is named."""
    answers = iter([True] * 4)

    def silent(_request: requests.PreparedRequest, _answer: requests.Response) -> None:
        if not next(answers, False):
            raise requests.ConnectionError("reset by peer")

    made = org(change=silent)  # answered: what org this is, a create, its deletion, a create
    run = _run(read(CREATES, "x", "salesforce") * 3, made.account())

    why = f"salesforce: no answer from {SANDBOX}: reset by peer"
    assert [("passed", ""), ("passed", ""), ("not run", why)] == [(one.state, one.why) for one in run.results]
    assert {"salesforce": why} == run.silent
    (left,) = run.results[1].findings
    assert left.shown[0].startswith("001")
    assert "reset by peer" in left.shown[0]


# ---- cleaning up -------------------------------------------------------------------------------------------------


def test_a_failed_check_cleans_up(org: Callable[..., Org]) -> None:
    """What a check made before it failed is taken away."""
    made = org()
    run = _run(read(CREATES.replace("201", "202"), "x", "salesforce"), made.account())

    assert ["failed"] == [one.state for one in run.results]
    assert 0 == made.count("Account")


def test_what_stays_is_told(org: Callable[..., Org]) -> None:
    """A record that cannot be deleted is told by its id and the vendor's reason; the check passed all the same."""

    def locked(request: requests.PreparedRequest, answer: requests.Response) -> None:
        if request.method == "DELETE":
            answer._content = (
                b'[{"success":false,"errors":[{"statusCode":"ENTITY_IS_LOCKED","message":"locked","fields":[]}]}]'
            )

    run = _run(read(CREATES, "x", "salesforce"), org(change=locked).account())
    (result,) = run.results

    assert ("passed", "left-behind", "warning") == (result.state, result.findings[0].check, result.findings[0].level)
    assert "ENTITY_IS_LOCKED: locked" in result.findings[0].seen


def test_a_record_without_the_scratch_word_fails_its_check(org: Callable[..., Org]) -> None:
    """A check that makes what nobody could find again fails, and the record is taken away."""
    made = org()
    run = _run(read(CREATES.replace("{mark}", "Acme"), "x", "salesforce"), made.account())

    assert ["failed"] == [one.state for one in run.results]
    assert "zz-understudy" in run.results[0].findings[0].seen
    assert 0 == made.count("Account")


# ---- drift -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("only", "pairs", "file", "row"),
    [
        (
            "create/required-field-missing",
            [("Required fields are missing: [Name]", "Name: Required field is missing (Name)")],
            "mocks/fake_salesforce/data/errors.toml",
            {"errors": {"REQUIRED_FIELD_MISSING": {"message": "{fields}: Required field is missing ({fields})"}}},
        ),
        (
            "values/refused/email",
            [("INVALID_EMAIL_ADDRESS", "BAD_EMAIL")],
            "mocks/fake_salesforce/data/errors.toml",
            {"errors": {"BAD_EMAIL": {"message": "{label}: invalid email address: {value}"}}},
        ),
        (
            "query/refused/unknown-field",
            [("No such column 'Bacon__c' on entity 'Account'", "No column 'Bacon__c' in 'Account'")],
            "mocks/fake_salesforce/soql/messages.toml",
            {"no_such_column": {"code": "INVALID_FIELD", "caret": True}},
        ),
        (
            "login/refused/unknown-client",
            [("client identifier invalid", "no such client")],
            "mocks/fake_salesforce/data/login.toml",
            {"oauth": {"unknown_client": {"error": "invalid_client_id", "error_description": "no such client"}}},
        ),
        (
            "collections/partial",
            [("Required fields are missing: [Name]", "Missing: Name")],
            "mocks/fake_salesforce/data/errors.toml",
            {"errors": {"REQUIRED_FIELD_MISSING": {"status": 400, "message": "Missing: {fields}"}}},
        ),
    ],
)
def test_a_refusal_in_other_words_is_a_row_of_data(
    org: Callable[..., Org], only: str, pairs: list[tuple[str, str]], file: str, row: dict[str, Any]
) -> None:
    """Where an account refuses in other words, the report has the row that makes the fake say so, ready to put in."""
    run = _run(_checks(only), org(change=_replacing(*pairs)).account())
    (drift,) = run.drifts
    patch = tomllib.loads(drift.patch)

    assert file == drift.file
    assert _within(row, patch), patch
    (told,) = _leaves(patch)
    assert ("recorded", "sandbox, 2026-01-05") == (told["grade"], told["source"])
    assert drift.patch in page(run.drifts)
    assert drift.entry in page(run.drifts)
    assert drift.patch.splitlines() == run.results[0].findings[0].shown[-len(drift.patch.splitlines()) :]


def test_a_row_stands_once_in_the_page_of_patches(org: Callable[..., Org]) -> None:
    """Checks that ask for one row are one cause, and one row of a page that is TOML; who differs is a remark."""

    def change(request: requests.PreparedRequest, answer: requests.Response) -> None:
        words = "Fill in" if request.method == "PATCH" else "Missing"
        _replacing(("Required fields are missing: [", f"{words}: ["))(request, answer)

    only = ("create/required-field-missing", "create/all-missing-fields-at-once", "update/required-field-null")
    run = _run(_checks(*only), org(change=change).account())
    (group,) = grouped(run.report("conform: sandbox", {}))
    text = page(run.drifts)

    assert ("salesforce/error/REQUIRED_FIELD_MISSING", 3) == (group.name, len(group.found))
    assert "Missing: [{fields}]" == tomllib.loads(text)["errors"]["REQUIRED_FIELD_MISSING"]["message"]
    assert [f"# salesforce/{one}: " in text for one in only] == [True] * 3
    assert ["salesforce/update/required-field-null"] == re.findall("^# (.*) asks for another:$", text, re.MULTILINE)
    assert '#   message = "Fill in: [{fields}]"' in text.splitlines()


def test_another_status_is_in_the_row(org: Callable[..., Org]) -> None:
    """Where an account refuses with another status, the row has that one."""

    def conflict(_request: requests.PreparedRequest, answer: requests.Response) -> None:
        answer.status_code = 409 if answer.status_code == 400 else answer.status_code

    run = _run(_checks("create/required-field-missing"), org(change=conflict).account())

    assert 409 == tomllib.loads(run.drifts[0].patch)["errors"]["REQUIRED_FIELD_MISSING"]["status"]


def test_what_no_row_says_is_a_diff(org: Callable[..., Org]) -> None:
    """Where an answer has another shape, the report tells the place and a diff, as remarks of the page of patches."""
    run = _run(_checks("create/answers-201"), org(change=_replacing(('"errors":[]', '"warnings":[]'))).account())
    (drift,) = run.drifts

    assert "" == drift.file
    assert "+++ came body.warnings" in drift.patch
    assert {} == tomllib.loads(page(run.drifts))


def test_a_diff_shows_texts_and_no_pattern(org: Callable[..., Org]) -> None:
    """What fits a pattern stands in the diff as a text would, beside what came."""
    change = _replacing(("REQUIRED_FIELD_MISSING:Required", "REQUIRED_FIELD_MISSING:required"))
    (drift,) = _run(_checks("bulk1/csv"), org(change=change).account()).drifts
    rows = [line[1:].partition("MISSING:")[2] for line in drift.patch.splitlines() if "MISSING:" in line]

    assert ["Required", "required"] == [row[:8] for row in rows]
    assert "<re:" not in drift.patch


def test_a_report_holds_no_token(org: Callable[..., Org]) -> None:
    """What a finding shows has the credential's name in place of the credential."""
    made = org(change=_replacing())
    token = made.environment["SALESFORCE_ACCESS_TOKEN"]
    made.adapter._change = _replacing(('"success":true', f'"success":"{token}"'))
    run = _run(_checks("create/answers-201"), made.account())
    (finding,) = run.results[0].findings

    assert "{access_token}" in " ".join(finding.shown)
    assert token not in repr(run.results) + page(run.drifts)


def _within(expected: Any, actual: Any) -> bool:
    if isinstance(expected, dict):
        return all(key in actual and _within(value, actual[key]) for key, value in expected.items())
    return bool(expected == actual)


def _leaves(table: dict[str, Any]) -> list[dict[str, Any]]:
    if "grade" in table:
        return [table]
    return [leaf for one in table.values() for leaf in _leaves(one)]

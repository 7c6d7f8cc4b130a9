"""`understudy serve` with tenant files: several tenants of a vendor behind one port, each with its credentials."""

from __future__ import annotations

import os
import subprocess
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.crm_contracts.test_serving import client, environment, serving, understudy

from crm_contracts.serving import orgs_by_vendor
from crm_contracts.serving.notes import shell_variables
from crm_contracts.serving.worker import data_url
from fake_core import ControlClient, MisuseError
from fake_core.clock import DEFAULT_MOMENT

__all__ = ["environment"]  # a fixture

ROOT = Path(__file__).parents[2]
TENANT = """
[tenant]
tenant_id = "{name}-id"
[[tokens]]
value = "{name}-token"
[[seed.companies]]
name = "{name}'s own"
"""


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two tenants of Planhat, as `--org` takes them."""
    words = []
    for name in ("acme", "bolt-2"):
        path = tmp_path / f"{name}.toml"
        path.write_text(TENANT.format(name=name), "utf-8")
        words += ["--org", f"planhat={path}"]
    return words


def names(session: requests.Session, url: str, token: str) -> tuple[int, Any]:
    answer = session.get(f"{url}/companies", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    return answer.status_code, [one["name"] for one in answer.json()] if answer.ok else answer.text


def test_two_files_are_two_tenants_behind_one_port(environment: dict[str, str], files: list[str]) -> None:
    """One URL, each tenant's words under its name, a control plane and a clock of its own; a stranger has none."""
    with serving(environment, "planhat", "--clock", "frozen", *files) as (told, _), client(told["planhat"]) as session:
        planhat = told["planhat"]
        acme, bolt = planhat["tenants"].values()
        seen = [names(session, planhat["url"], token) for token in (acme["token"], bolt["token"], "no-token")]
        control = ControlClient(planhat["url"], session, tenant="acme")
        control.reset()
        paths = [[one["path"] for one in session.get(f"{one['control']}journal", timeout=30).json()["exchanges"]]
                 for one in (acme, bolt)]  # fmt: skip
        unsaid = session.post(f"{told['control']['planhat']}reset", timeout=30)
        listed = session.get(f"{told['control']['planhat']}tenants", timeout=30).json()
        control.advance(60)
        moments = [ControlClient(planhat["url"], session, tenant=name).now() for name in ("acme", "bolt-2")]

    assert (["planhat", "control"], ["url", "ca_file", "tenants"]) == (list(told), list(planhat))
    assert {"acme": ["token", "tenant", "control"], "bolt-2": ["token", "tenant", "control"]} == {
        name: list(words) for name, words in planhat["tenants"].items()
    }
    assert [(200, ["acme's own"]), (200, ["bolt-2's own"]), (401, "Unauthorized")] == seen
    assert [[], ["/companies"]] == paths
    assert [DEFAULT_MOMENT + timedelta(minutes=1), DEFAULT_MOMENT] == moments
    assert (400, ["acme", "bolt-2"]) == (unsaid.status_code, listed["tenants"])


def test_one_file_is_told_as_one_tenant_always_is(environment: dict[str, str], files: list[str]) -> None:
    """The shape is that without a file; its name may still be used."""
    with serving(environment, "planhat", *files[:2]) as (told, _), client(told["planhat"]) as session:
        planhat = told["planhat"]
        seen = names(session, planhat["url"], "acme-token")
        named = session.get(f"{told['control']['planhat']}tenants/acme/credentials", timeout=30).json()

    assert {"url": planhat["url"], "ca_file": None, "token": "acme-token", "tenant": "acme-id"} == planhat
    assert ((200, ["acme's own"]), "acme-token") == (seen, named["token"])


def test_env_names_each_tenant(environment: dict[str, str], files: list[str]) -> None:
    """VENDOR_TENANT_WORD; a client's own variable for a token is nobody's, as it cannot say whose."""
    with serving(environment, "planhat", "totango", *files) as (told, _):
        done = subprocess.run(understudy("env"), env=environment, capture_output=True, text=True, check=True)
    url = told["planhat"]["url"]

    assert [
        f"export PLANHAT_URL={url}",
        "export PLANHAT_ACME_TOKEN=acme-token",
        "export PLANHAT_ACME_TENANT=acme-id",
        f"export PLANHAT_ACME_CONTROL={url}/__understudy__/tenants/acme/",
        "export PLANHAT_BOLT_2_TOKEN=bolt-2-token",
        "export PLANHAT_BOLT_2_TENANT=bolt-2-id",
        f"export PLANHAT_BOLT_2_CONTROL={url}/__understudy__/tenants/bolt-2/",
        f"export PLANHAT_API_BASE_URL={url}",
        f"export TOTANGO_URL={told['totango']['url']}",
        "export TOTANGO_TOKEN=understudy-totango-token",
        "export TOTANGO_SERVICE_ID=SP-0000-11",
        "export TOTANGO_REGION=US",
        f"export UNDERSTUDY_PLANHAT_CONTROL={url}/__understudy__/",
        f"export UNDERSTUDY_TOTANGO_CONTROL={told['totango']['url']}/__understudy__/",
    ] == done.stdout.splitlines()


def test_each_tenant_keeps_a_file_of_its_own(environment: dict[str, str], files: list[str], tmp_path: Path) -> None:
    """`--data`: the file's name, the vendor's, the tenant's; started again, each has what it had."""
    data = ["--data", f"sqlite:///{tmp_path / 'kept.sqlite'}"]
    for order in (files, [*files[2:], *files[:2]]):
        with serving(environment, "planhat", *order, *data) as (told, _), client(told["planhat"]) as session:
            url = told["planhat"]["url"]
            for name in ("acme", "bolt-2"):
                headers = {"Authorization": f"Bearer {name}-token"}
                session.post(f"{url}/companies", json={"name": f"{name} more"}, headers=headers, timeout=30)
            seen = {name: names(session, url, f"{name}-token")[1] for name in ("acme", "bolt-2")}

    assert {name: [f"{name}'s own", f"{name} more", f"{name} more"] for name in seen} == seen
    assert ["kept-planhat-acme.sqlite", "kept-planhat-bolt-2.sqlite"] == sorted(
        path.name for path in tmp_path.glob("*.sqlite")
    )


def test_no_tenant_waits_for_another(environment: dict[str, str], files: list[str]) -> None:
    """While as many requests of one tenant wait out a delay as a small server has threads, the other is served."""
    with serving(environment, "planhat", *files) as (told, _), client(told["planhat"]) as session:
        url = told["planhat"]["url"]
        acme = ControlClient(url, session, tenant="acme")
        acme.add_fault(kind="delay", verb="list", object="Company", seconds=6, times=8)
        order: list[str] = []

        def ask(name: str) -> None:
            with client(told["planhat"]) as own:
                names(own, url, f"{name}-token")
            order.append(name)

        slow = [threading.Thread(target=ask, args=("acme",)) for _ in range(8)]
        for one in slow:
            one.start()
        while acme.faults():
            pass  # until each of them waits
        for _ in range(5):
            ask("bolt-2")
        for one in slow:
            one.join()

    assert ["bolt-2"] * 5 == order[:5]
    assert {"acme"} == set(order[5:])


class Receiver(BaseHTTPRequestHandler):
    """A webhook's receiver that answers once it is let go."""

    called, let_go = threading.Event(), threading.Event()

    def do_POST(self) -> None:
        self.called.set()
        self.let_go.wait(timeout=30)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        """Nothing."""


def test_no_tenant_waits_for_anothers_webhook(environment: dict[str, str], files: list[str]) -> None:
    """While the receiver of one tenant's webhook keeps it waiting, the other is served."""
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    step = {"kind": "webhook", "url": f"http://127.0.0.1:{receiver.server_port}/"}
    automation = {"name": "Tell", "trigger": "created", "model": "Company", "steps": [step]}
    with serving(environment, "planhat", *files) as (told, _), client(told["planhat"]) as session:
        url = told["planhat"]["url"]
        acme = ControlClient(url, session, tenant="acme")
        acme.seed({"automations": [automation]})
        headers = {"Authorization": "Bearer acme-token"}
        for attempt in range(1, 11):  # on a busy machine the webhook may be given up before the other has asked
            Receiver.called.clear()
            Receiver.let_go.clear()
            session.post(f"{url}/companies", json={"name": "New"}, headers=headers, timeout=30).raise_for_status()
            assert Receiver.called.wait(timeout=30)
            seen = names(session, url, "bolt-2-token")
            meanwhile = len(acme.events()["events"]) < attempt
            Receiver.let_go.set()
            while len(acme.events()["events"]) < attempt:
                pass
            if meanwhile:
                break
    receiver.shutdown()
    receiver.server_close()

    assert (True, (200, ["bolt-2's own"])) == (meanwhile, seen)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TENANT.format(name="acme"), "both are named 'acme': write another [tenant] name"),
        ('[tenant]\nname = "b"\n[[tokens]]\nvalue = "acme-token"', "acme and b both have the token 'acme-token'"),
        ('[tenant]\nname = "b"\nid = 3', "b.toml: [tenant] no key 'id': there are name, tenant_id"),
        ("[[seed.tasks]]\n_id = 3", "b.toml: [seed] _id 3 of tasks: 24 lower-case hexadecimal digits"),
        ("[", "b.toml: cannot be read as TOML"),
    ],
)
def test_files_that_make_no_tenants_are_said_in_one_line(
    environment: dict[str, str], files: list[str], tmp_path: Path, text: str, said: str
) -> None:
    """Nothing is served; exit status 1."""
    folder = tmp_path / "other"
    folder.mkdir()
    path = folder / ("acme.toml" if "acme's" in text else "b.toml")
    path.write_text(text, "utf-8")
    words = ["planhat", "--port", "0", *files, "--org", f"planhat={path}"]
    done = subprocess.run(understudy("serve", *words), env=environment, capture_output=True, text=True, check=False)

    assert (1, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert said in done.stderr


def test_what_org_says_of_each_vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """VENDOR=FILE; what stands alone, and a file whose name has a =, are Salesforce's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "planhat=odd.toml").touch()
    both = ("salesforce", "planhat")

    assert {"planhat": ("a.toml", "b=c.toml"), "salesforce": ("developer",)} == orgs_by_vendor(
        ["planhat=a.toml", "developer", "planhat=b=c.toml"], both
    )
    assert {"salesforce": ("planhat=odd.toml",)} == orgs_by_vendor(["planhat=odd.toml"], both)
    with pytest.raises(MisuseError, match="no vendor 'acme': write VENDOR=FILE with one of salesforce, planhat"):
        orgs_by_vendor(["acme=a.toml"], both)


@pytest.mark.parametrize(
    ("url", "given", "expected"),
    [
        ("sqlite://", ("planhat", "acme"), "sqlite://"),
        ("sqlite:///a/org.sqlite", (), "sqlite:///a/org.sqlite"),
        ("sqlite:///a/org.sqlite", ("planhat",), "sqlite:///a/org-planhat.sqlite"),
        ("sqlite:///a/org.sqlite", ("planhat", "acme"), "sqlite:///a/org-planhat-acme.sqlite"),
    ],
)
def test_a_file_is_shared_by_name_only(url: str, given: tuple[str, ...], expected: str) -> None:
    """Memory has no name."""
    assert expected == data_url(url, *given)


def test_a_clients_variable_is_set_where_one_tenant_has_it() -> None:
    """pyplanhat reads PLANHAT_API_KEY."""
    whole = {"url": "http://x", "ca_file": None}
    one = shell_variables({"planhat": {**whole, "token": "t"}})
    two = shell_variables({"planhat": {**whole, "tenants": {"a": {"token": "t"}, "b": {"token": "u"}}}})

    assert "export PLANHAT_API_KEY=t" in one
    assert {"export PLANHAT_A_TOKEN=t", "export PLANHAT_B_TOKEN=u"} <= set(two)
    assert not [line for line in two if "PLANHAT_API_KEY" in line]
    assert os.linesep not in "".join(one)

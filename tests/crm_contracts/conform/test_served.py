"""`--target URL`: a fake that is served is found, known for whose it is, and asked; anything else is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from crm_contracts.conform.cli import conform as command
from crm_contracts.conform.served import served_beside
from crm_contracts.vendors import VENDORS, create_fake, create_tenants, read_tenants
from fake_core.clock import FrozenClock, RealClock
from fake_core.errors import MisuseError
from fake_core.server import ServedFake


@pytest.fixture(autouse=True)
def nothing_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No note of a server, and no variable of one."""
    monkeypatch.setenv("UNDERSTUDY_HOME", str(tmp_path))
    for vendor in VENDORS:
        monkeypatch.delenv(f"{vendor}_URL".upper(), raising=False)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_fake_says_whose_it_is(vendor: str) -> None:
    """A fake that nobody has noted is asked, whatever its credentials look like."""
    fake = create_fake(vendor, clock=FrozenClock())
    fake.credentials = lambda _url: {"access_token": "a", "service_id": "b", "user": "c"}
    with ServedFake(fake) as server:
        targets = served_beside(f"{server.url}/", list(VENDORS), environment={})

    assert [(vendor, server.url)] == [(name, target.url) for name, target in targets.items()]
    assert fake.credentials(server.url) == targets[vendor].credentials
    fake.close()


def test_of_several_tenants_the_first_is_asked(tmp_path: Path) -> None:
    """An address of several tenants says so, and each of them is a fake of that vendor."""
    files = [tmp_path / f"{name}.toml" for name in ("acme", "bolt")]
    for file in files:
        file.write_text(f'[tenant]\ntenant_id = "{file.stem}"\n[[tokens]]\nvalue = "{file.stem}-token"\n', "utf-8")
    tenants = create_tenants("planhat", read_tenants("planhat", list(map(str, files))))
    with ServedFake(tenants) as server:
        targets = served_beside(server.url, ["planhat"], environment={})

    assert ["acme-token"] == [target.credentials["token"] for target in targets.values()]
    tenants.close()


def test_a_fake_of_a_vendor_that_is_not_installed_is_named() -> None:
    """A vendor of another distribution is asked where that is installed."""
    fake = create_fake("marketo", clock=FrozenClock())
    fake.vendor = "acme"
    with ServedFake(fake) as server, pytest.raises(MisuseError, match="a fake of acme answers, which is not installed"):
        served_beside(server.url, list(VENDORS), environment={})
    fake.close()


def test_variables_name_those_served_beside() -> None:
    """Where variables name several fakes and one of them is meant, all that are wanted are asked."""
    fakes = [create_fake(vendor, clock=FrozenClock()) for vendor in ("totango", "marketo")]
    with ServedFake(fakes[0]) as totango, ServedFake(fakes[1]) as marketo:
        environment = {"TOTANGO_URL": totango.url, "MARKETO_URL": marketo.url}
        both = served_beside(marketo.url, list(VENDORS), environment=environment)
        one = served_beside(marketo.url, ["marketo"], environment=environment)

    assert {"totango": totango.url, "marketo": marketo.url} == {name: target.url for name, target in both.items()}
    assert ["marketo"] == list(one)
    for fake in fakes:
        fake.close()


def test_the_command_asks_a_served_fake() -> None:
    """The command tells before the first call how many it will need, and ends with 0 where all holds."""
    fake = create_fake("marketo", clock=FrozenClock())
    with ServedFake(fake) as server:
        told = CliRunner().invoke(command, ["--target", server.url, "-V", "marketo", "--run", "t1"])
    fake.close()

    assert 0 == told.exit_code, told.output
    assert re.search(r"Marketo Sales Insight Actions: \d+ checks, about \d+ calls, http://localhost", told.stderr)
    assert "Held: " in told.output


def test_where_nothing_could_be_asked_the_exit_status_says_so() -> None:
    """A target whose time passes by itself is not asked what moves it: told, with what to do, and nothing passed."""
    fake = create_fake("totango", clock=RealClock())
    words = ["--only", "totango/limits/the-ingest-is-not-counted", "--format", "json"]
    with ServedFake(fake) as server:
        told = CliRunner().invoke(command, ["--target", server.url, *words])
    fake.close()
    report = json.loads(told.stdout)

    assert (2, "nothing checked") == (told.exit_code, report["verdict"])
    assert ["this fake's clock cannot be moved: serve it with --clock frozen"] == [
        one["why"] for one in report["results"]
    ]
    assert "nothing could be asked\n" in told.stderr


@pytest.mark.parametrize("url", ["nonsense", "ftp://localhost", "http://127.0.0.1:9"])
def test_what_is_no_fake_is_refused(url: str) -> None:
    """An address without a fake behind it is one line, and never taken for an account of the vendor."""
    with pytest.raises(MisuseError, match="sandbox"):
        served_beside(url, list(VENDORS), environment={})
    told = CliRunner().invoke(command, ["--target", url])

    assert isinstance(told.exception, MisuseError)
    assert 2 == getattr(told.exception, "exit_code", None)

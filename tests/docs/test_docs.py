"""What the documents say is so: commands, tables and examples are run or compared with the program."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from crm_contracts.cli import understudy
from crm_contracts.vendors import create_fake
from fake_core.control import ControlPlane
from fake_core.faults import KINDS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")])
ALL_TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def commands(group: click.Group, path: str) -> list[str]:
    with click.Context(group) as context:
        found = []
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            found += commands(command, f"{path} {name}") if isinstance(command, click.Group) else [f"{path} {name}"]
        return found


@pytest.mark.parametrize("command", commands(understudy, "understudy"))
def test_every_command_is_documented_and_has_help(command: str) -> None:
    """A command nobody reads of is not there."""
    assert command in ALL_TEXT
    done = CliRunner().invoke(understudy, [*command.split()[1:], "--help"])
    assert (0, "") == (done.exit_code, done.stderr)
    assert len(done.stdout.splitlines()) > 3


def test_no_document_names_a_command_that_is_not_there() -> None:
    """Every `understudy word` in a document is a command."""
    known = {command.split()[1] for command in commands(understudy, "understudy")}

    assert set() == set(re.findall(r"(?:\$ |`)understudy ([a-z]+)", ALL_TEXT)) - known


def test_the_org_file_of_the_documents_makes_an_org(tmp_path: Path) -> None:
    """docs/org.md shows a whole org file, and it is one."""
    (text,) = blocks("docs/org.md", "toml")
    path = tmp_path / "org.toml"
    path.write_text(text, "utf-8")
    fake = create_fake("salesforce", org=str(path))
    assert "admin@acme.example" == fake.credentials("https://x")["username"]
    fake.close()


@pytest.mark.parametrize(
    ("number", "vendor", "token"),
    [(0, "planhat", "acme-token"), (1, "totango", "success-token"), (2, "marketo", "lena-token")],
)
def test_the_tenant_files_of_the_documents_make_tenants(tmp_path: Path, number: int, vendor: str, token: str) -> None:
    """docs/tenants.md shows a whole file for each partner."""
    path = tmp_path / "tenant.toml"
    path.write_text(blocks("docs/tenants.md", "toml")[number], "utf-8")
    fake = create_fake(vendor, org=str(path))
    assert token == fake.credentials("https://x")["token"]
    fake.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link is a file of the repository."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))

    assert [] == [link for link in links if not (page.parent / link).exists()]


def test_the_tables_of_faults_and_controls_are_the_programs() -> None:
    """docs/using.md has one row for each fault kind and names each control, and no others."""
    text = (ROOT / "docs/using.md").read_text("utf-8")
    faults = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text.partition("## Faults")[2], re.MULTILINE))
    controls = re.findall(r"`(GET|POST|DELETE) (\w+)`", text)
    there = {
        (method, name)
        for name, views in ControlPlane(None)._routes.items()  # type: ignore[arg-type]
        for method in views
        if name
    }

    assert KINDS == faults
    assert there == set(controls)


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/using.md",
        "docs/tenants.md",
        "docs/judge.md",
        "docs/pairs.md",
        "docs/capsules_from.md",
        "docs/ci.md",
    ],
)
def test_the_pytest_examples_pass(page: str, tmp_path: Path) -> None:
    """Each Python example is a test file of its own, run by somebody else's pytest."""
    found = blocks(page, "python")
    assert found
    names = [f"test_example_{number}.py" for number in range(len(found))]
    for name, example in zip(names, found, strict=True):
        (tmp_path / name).write_text(example, "utf-8")
    roots = os.pathsep.join(str(ROOT / name) for name in ("mocks", "contracts", "sync"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "crm_contracts.plugin", "-p", "no:cacheprovider", *names],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert len(names) <= int(re.findall(r"^(\d+) passed", done.stdout, re.MULTILINE)[0])  # none was left out


def two_free_ports() -> int:
    """A port whose neighbour is free, too."""
    for _ in range(50):
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                other.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise AssertionError("no two free ports side by side")


@pytest.mark.parametrize("page", ["README.md", "docs/tenants.md"])
def test_the_shell_sessions_print_what_they_say(tmp_path: Path, page: str) -> None:
    """The session is run as it stands, on other ports."""
    (tmp_path / "acme.toml").write_text(blocks("docs/tenants.md", "toml")[0], "utf-8")
    (tmp_path / "globex.toml").write_text('[tenant]\ntenant_id = "g"\n[[tokens]]\nvalue = "globex-token"\n', "utf-8")
    session = next(block for block in blocks(page, "console") if "understudy serve" in block)
    port = two_free_ports()
    session = session.replace("8443", str(port)).replace("8444", str(port + 1))
    lines = session.splitlines()
    typed = [line[2:] for line in lines if line.startswith("$ ")]
    expected = [line for line in lines if not line.startswith("$ ")]
    first, rest = typed[0], typed[1:]
    assert first.endswith(" &")
    ready = next(n for n, line in enumerate(lines[1:]) if line.startswith("$ "))  # lines that the server prints first
    script = "\n".join(
        [
            f"{first[:-2]} > ready.txt & server=$!",
            f"for i in $(seq 300); do [ $(wc -l < ready.txt) -ge {ready} ] && break; sleep 0.1; done; cat ready.txt",
            *(f"{line}; case '{line[:4]}' in curl) echo;; esac" for line in rest),
            "kill $server; wait $server 2>/dev/null",
        ]
    )
    binary = tmp_path / "understudy"
    binary.write_text(f'#!/bin/sh\nexec {sys.executable} -m crm_contracts "$@"\n', "utf-8")
    binary.chmod(0o755)
    roots = os.pathsep.join(str(ROOT / name) for name in ("mocks", "contracts", "sync"))
    environment = os.environ | {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "UNDERSTUDY_HOME": str(tmp_path / "home"),
        "PYTHONPATH": roots,
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )

    assert expected == done.stdout.splitlines(), done.stderr

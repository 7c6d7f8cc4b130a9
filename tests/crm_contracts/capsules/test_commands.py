"""`understudy capsule` as somebody types it: one name for one thing, one line and status 2 for what cannot be done."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from crm_contracts.capsules import Capsule, suspects, write_capsule
from crm_contracts.cli import understudy
from crm_contracts.world import ops
from crm_contracts.world.mutants import MUTANTS

HELD = Capsule(
    title="A Task",
    saw="It was there twice.\n",
    profile="planhat",
    ops=(ops.Create(side="task", act="act-1", fields={"mainType": "task", "action": "Call Ann"}),),
)
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(understudy, list(map(str, words)))


def every_command(group: click.Group, name: str = "understudy") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for word in group.list_commands(context):
        found = group.get_command(context, word)
        assert found is not None
        if isinstance(found, click.Group):
            yield from every_command(found, f"{name} {word}")
        else:
            yield f"{name} {word}", found


def test_every_command_writes_with_the_same_option() -> None:
    """-o is --output everywhere."""
    names = {
        (name, tuple(one.opts))
        for name, found in every_command(understudy)
        for one in found.params
        if "-o" in one.opts or "--output" in one.opts or "--out" in one.opts
    }

    assert names
    assert set() == {one for one in names if one[1] not in {("-o", "--output"), ("--output",)}}


@pytest.mark.parametrize(
    ("name", "content", "said"),  # None: a folder, "": nothing is there
    [
        ("nothing.capsule.yaml", b"", "is empty"),
        ("binary.capsule.yaml", bytes(range(256)), "save the file as UTF-8"),
        ("bomb.capsule.yaml", BOMB.encode(), "line 1"),
        ("a.capsule.yaml", None, "a.capsule.yaml"),
        ("missing.capsule.yaml", "", "No such file"),
    ],
)
@pytest.mark.parametrize(
    "command", ["capsule run", "capsule minimise", "capsule scrub", "capsule to-pytest", "explain"]
)
def test_what_cannot_be_read_is_one_line_and_status_2(
    command: str, name: str, content: bytes | str | None, said: str, tmp_path: Path
) -> None:
    """Whichever command is given it, with the file's name in the line."""
    file = tmp_path / name
    if content is None:
        file.mkdir()
    elif isinstance(content, bytes):
        file.write_bytes(content)
    done = run(*command.split(), file)

    assert (2, 1) == (done.exit_code, len(done.output.splitlines()))
    assert str(file) in done.stderr
    assert said.lower() in done.stderr.lower()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nothing.har", b""),
        ("binary.har", bytes(range(256))),
        ("other.har", b'{"log": 1}'),
        ("folder.har", None),
    ],
)
def test_a_har_file_that_is_none_is_one_line_and_status_2(name: str, content: bytes | None, tmp_path: Path) -> None:
    """And nothing is written."""
    file, out = tmp_path / name, tmp_path / "out.capsule.yaml"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    done = run("capsule", "from-har", file, "-o", out)

    assert (2, 1, False) == (done.exit_code, len(done.output.splitlines()), out.exists())
    assert str(file) in done.stderr


def test_options_that_do_not_go_together_are_a_wrong_call(tmp_path: Path) -> None:
    """Status 2, and nothing is played."""
    write_capsule(HELD, tmp_path / "a.capsule.yaml")
    done = run("capsule", "run", "--sync-command", "true", "--faulty", tmp_path / "a.capsule.yaml")
    empty = run("capsule", "run", "--sync-command", "", "--until", "1", tmp_path / "a.capsule.yaml")

    assert [(2, "")] * 2 == [(one.exit_code, one.stdout) for one in (done, empty)]


def test_the_timeline_begins_with_what_the_customer_saw(tmp_path: Path) -> None:
    """A support engineer compares it with what is played; --quiet leaves it out."""
    write_capsule(HELD, tmp_path / "a.capsule.yaml")
    shown, quiet = (run("capsule", "run", *words, tmp_path / "a.capsule.yaml") for words in ([], ["--quiet"]))

    assert "seen by the customer: It was there twice." in shown.stdout.splitlines()
    assert "seen by the customer" not in quiet.stdout
    assert (0, 0) == (shown.exit_code, quiet.exit_code)


def test_a_sync_that_insists_on_tls_is_told_how(tmp_path: Path) -> None:
    """Some clients speak nothing but https: the line that says why the command failed says what to do, too."""
    write_capsule(HELD, tmp_path / "a.capsule.yaml")
    command = f"{sys.executable} -c \"raise SystemExit('SSLError: wrong version number')\""
    done = run("capsule", "run", "--sync-command", command, tmp_path / "a.capsule.yaml")

    assert (2, True) == (
        done.exit_code,
        done.stderr.endswith("; with --tls (in pytest understudy_sync_tls) the fakes speak https\n"),
    )


def test_what_a_vendor_refuses_its_user_is_one_line_also_with_a_sync_of_ones_own(tmp_path: Path) -> None:
    """The place in the file and the vendor's words, status 2: it is the file that is wrong, no sync."""
    refused = ops.Create(side="salesforce", act="act-2", fields={"Subject": "Call", "Colour": "red"})
    start = (ops.Create(side="task", act="act-1", fields={"mainType": "task", "action": "Call"}),)
    write_capsule(replace(HELD, start=start, ops=(ops.Tick(seconds=1), refused)), tmp_path / "a.capsule.yaml")
    done = run("capsule", "run", "--sync-command", "true", tmp_path / "a.capsule.yaml")
    engines = run("capsule", "engines", tmp_path / "a.capsule.yaml")

    for one in (done, engines):
        assert (2, "", 1) == (one.exit_code, one.stdout, len(one.stderr.splitlines()))
        assert f"understudy: {tmp_path / 'a.capsule.yaml'}: ops 2: a user's POST " in one.stderr


def test_the_faults_that_would_explain_a_bug_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those in which the capsule does not hold, with what they do to it, and no other; status 1 where there is none.

    One that says what broke is not explained by what breaks something else. A terminal is shown how far it is.
    """
    lost = ops.InjectFault(fault="lost_response", vendor="salesforce", verb="create", object="Task")
    twice = replace(HELD, ops=(*HELD.ops, lost, ops.Sync()))
    write_capsule(twice, tmp_path / "twice.capsule.yaml")
    write_capsule(replace(HELD, ops=()), tmp_path / "nothing.capsule.yaml")
    again, case = "a creation in doubt is made again", "an id keeps the case it came in"
    monkeypatch.setattr(suspects, "FAULTY", {})
    monkeypatch.setattr(suspects, "MUTANTS", [one for one in MUTANTS if one.name in {again, case}])
    write_capsule(replace(twice, breaks="Looping"), tmp_path / "other.capsule.yaml")
    write_capsule(replace(twice, expect={"act-1": {"task": 1}}), tmp_path / "expected.capsule.yaml")
    found, none, other, expected = (
        run("capsule", "engines", tmp_path / f"{name}.capsule.yaml")
        for name in ("twice", "nothing", "other", "expected")
    )

    assert 1 == len(found.stdout.splitlines())
    assert found.stdout.startswith(f"engine: {{planted: {again}}}   I3 Duplicated: act-1 has 2 Planhat tasks")
    assert (0, 1) == (found.exit_code, none.exit_code)
    assert (1, True) == (
        other.exit_code,
        other.stdout.endswith("shows this bug here; 1 more would break something else\n"),
    )
    assert (0, found.stdout) == (expected.exit_code, expected.stdout)
    assert not re.search(r"\d/\d|\033", found.stderr)

    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _stream: True)
    seen = run("capsule", "engines", tmp_path / "twice.capsule.yaml")

    assert found.stdout == seen.stdout
    assert ["engines", "2/2"] == [re.findall(word, seen.stderr)[-1] for word in ("engines", r"\d/\d")]

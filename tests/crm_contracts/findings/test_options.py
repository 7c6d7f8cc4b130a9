"""The options that commands that judge share: what goes where, and the exit status."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from tests.crm_contracts.findings.samples import held, report

from crm_contracts import cli
from crm_contracts.findings import options, text
from crm_contracts.findings.options import FORMATS, Chosen, choose, render, reporting, show
from fake_core.errors import MisuseError

ROOT = Path(__file__).parents[3]


@click.command()
@click.option("--good", is_flag=True)
@click.option("--unreadable", is_flag=True)
@reporting
def judge(*, good: bool, unreadable: bool, chosen: Chosen) -> None:
    """Judge a sample."""
    if unreadable:
        raise MisuseError("x.har: is no HAR: record one")
    sys.exit(show(held() if good else report(), chosen))


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(judge, [str(word) for word in words])


def refused(*words: str | Path) -> str:
    done = run(*words)
    assert isinstance(done.exception, MisuseError), done.output
    assert "" == done.output
    assert 2 == getattr(done.exception, "exit_code", None)
    return str(done.exception)


def test_the_exit_status_is_the_verdict() -> None:
    """0: all held; 1: something failed."""
    assert (1, 0) == (run().exit_code, run("--good").exit_code)


def test_what_cannot_be_judged_is_exit_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Input that cannot be read is one line on standard error, and no verdict."""
    assert "x.har: is no HAR: record one" == refused("--unreadable")
    monkeypatch.setattr(sys, "argv", ["understudy", "--unreadable"])
    monkeypatch.setattr(cli, "understudy", judge)
    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert 2 == ended.value.code
    assert ("", "understudy: x.har: is no HAR: record one\n") == tuple(capsys.readouterr())


@pytest.mark.parametrize("form", FORMATS)
def test_standard_output_is_one_report(form: str) -> None:
    """In the chosen format, and nothing else."""
    assert render(report(), form) == run("--format", form).stdout
    assert text.render(report()) == run().stdout


def test_files_are_written_beside_the_text(tmp_path: Path) -> None:
    """Suffixes say the formats; the text stays on standard output, the names of files go to standard error."""
    files = {
        form: tmp_path / name
        for form, name in zip(FORMATS, ("a.txt", "b.xml", "c.sarif", "d.json", "e.html"), strict=True)
    }
    done = run(*(word for file in files.values() for word in ("--output", file)))

    assert 1 == done.exit_code
    assert text.render(report()) == done.stdout
    assert "".join(f"written: {file}\n" for file in files.values()) == done.stderr
    assert {form: render(report(), form) for form in FORMATS} == {
        form: file.read_text() for form, file in files.items()
    }
    assert sorted(files.values()) == sorted(tmp_path.iterdir())


def test_a_named_format_is_the_files(tmp_path: Path) -> None:
    """A file of any name, the format said; a file that is there is replaced."""
    file = tmp_path / "report"
    file.write_text("old" * 9999)
    run("--format", "json", "--output", file)

    assert "conform: in-process" == json.loads(file.read_text())["title"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--output", "report"], "name a --format, or a file that ends in .txt, .xml, .sarif, .json, .html"),
        (["--output", "nowhere/a.json"], "there is no folder nowhere; make it first"),
        (["--format", "json", "--output", "."], "is a folder; name a file"),
        (["--format", "json", "--format", "html"], "a second format needs a file"),
        (["--format", "json", "--output", "a.json", "--output", "b.html"], "1 --format for 2 --output"),
        (["--output", "a.json", "--output", "a.json"], "is given twice"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_runs(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line that says what to do, and no file."""
    monkeypatch.chdir(tmp_path)
    told = refused("--good", *words)

    assert says in told
    assert "\n" not in told
    assert [] == list(tmp_path.iterdir())


def test_no_file_is_written_if_one_report_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are made before the first is written."""

    def broken(_report: object, form: str) -> str:
        assert form != "html", "broken"
        return "made"

    monkeypatch.setattr(options, "render", broken)
    done = run("--output", tmp_path / "a.json", "--output", tmp_path / "b.html")

    assert isinstance(done.exception, AssertionError)
    assert [] == list(tmp_path.iterdir())


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full while it is written leaves what was there, and says so."""
    file = tmp_path / "a.json"
    file.write_text("mine")

    def full(_self: Path, _text: str, *_more: object, **_named: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)

    assert f"--output {file}: cannot be written: No space left on device" == refused("--output", file)
    assert ("mine", [file]) == (file.read_text(), list(tmp_path.iterdir()))


def test_a_link_and_a_device_stay_what_they_are(tmp_path: Path) -> None:
    """What a link points at is written; a pipe, as /dev/stdout may be one, is written to and not put away."""
    (tmp_path / "link.json").symlink_to("real.json")
    os.mkfifo(tmp_path / "pipe.json")
    ours = os.open(tmp_path / "pipe.json", os.O_RDWR)
    run("--good", "--output", tmp_path / "link.json", "--output", tmp_path / "pipe.json")
    got = os.read(ours, 65536).decode()
    os.close(ours)

    assert render(held(), "json") == got == (tmp_path / "real.json").read_text()
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "pipe.json").is_fifo()


def test_the_page_names_each_form_and_its_suffix() -> None:
    """docs/ci.md has one row for each, and no other."""
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(\.\w+)` \|", page, re.MULTILINE)

    assert list(FORMATS) == [form for form, _ in rows]
    assert rows == [(choose((), [Path(f"x{suffix}")]).files[0][0], suffix) for _, suffix in rows]


TYPED = """
import sys
from tests.crm_contracts.findings.samples import report
from crm_contracts.findings.options import Chosen, bar, show
with bar(2, "checks") as progress:
    progress.update(2)
sys.exit(show(report(), Chosen()))
"""


def on_a_terminal(**environment: str) -> str:
    """What a terminal gets, whole."""
    ours, theirs = pty.openpty()
    roots = os.pathsep.join(str(ROOT / name) for name in (".", "mocks", "contracts", "sync"))
    settings = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    settings |= {"PYTHONPATH": roots, "TERM": "xterm", **environment}
    with subprocess.Popen([sys.executable, "-c", TYPED], stdout=theirs, stderr=theirs, env=settings) as process:
        os.close(theirs)
        got = b""
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:  # how Linux says that nobody holds the other end
                break
            if not more:
                break
            got += more
    os.close(ours)
    assert 1 == process.returncode
    return got.decode()


def test_colour_and_progress_are_for_a_terminal() -> None:
    """There they are; with NO_COLOR there is no colour; a pipe gets neither."""
    colour = re.compile(r"\x1b\[3\dm")
    coloured, quiet = on_a_terminal(), on_a_terminal(NO_COLOR="1")
    roots = os.pathsep.join(str(ROOT / name) for name in (".", "mocks", "contracts", "sync"))
    piped = subprocess.run(
        [sys.executable, "-c", TYPED],
        env=os.environ | {"PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )

    assert colour.search(coloured)
    assert "checks" in coloured.partition("conform")[0]
    assert not colour.search(quiet)
    assert (text.render(report()), "") == (piped.stdout, piped.stderr)

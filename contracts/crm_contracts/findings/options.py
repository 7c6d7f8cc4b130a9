"""The options of every command that judges: `--format`, `--output`; and the one way in which it shows its report.

Rule 1: the exit status is 0 when all held, 1 when something failed, 2 when nothing could be judged.
Rule 2: standard output holds one report in the chosen format and nothing else; a file is written whole or not at all,
and the text stays on standard output beside it.
Rule 3: colour is for a terminal, and not where NO_COLOR is set (no-color.org) or TERM is dumb; never in a file or pipe.

    @click.command("conform")
    @reporting
    def conform(*, chosen: Chosen) -> None:
        sys.exit(show(report, chosen))
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from crm_contracts.findings import Report
from fake_core.errors import MisuseError

__all__ = ["Chosen", "NotJudged", "bar", "exits", "reporting", "show", "write_whole"]

# Format -> where its writer is. Loaded when it is asked for.
FORMATS = {
    "text": "crm_contracts.findings.text",
    "junit": "crm_contracts.findings.junit",
    "sarif": "crm_contracts.findings.sarif",
    "json": "crm_contracts.findings.json_text",
    "html": "crm_contracts.findings.html",
}
_SUFFIXES = {".txt": "text", ".xml": "junit", ".sarif": "sarif", ".json": "json", ".html": "html", ".htm": "html"}
_FORMAT_HELP = "How the report is written [default: text, for a file what its suffix says: {}]."
_OUTPUT_HELP = "Write the report to this file; the text is printed as well. May be given again, for another format."


class NotJudged(MisuseError):
    """Nothing could be judged: one line, and the exit status that `crm_contracts.cli.main` reads here."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person wants to see. *format* is that of standard output; *files* are (format, path)."""

    format: str = "text"
    files: Sequence[tuple[str, Path]] = ()
    said: bool = False  # whether the format of standard output was named, and is no default


def reporting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* the options; it takes what was chosen as `chosen`. A MisuseError ends it with status 2."""

    @wraps(command)
    def judged(*args: Any, formats: tuple[str, ...], outputs: tuple[Path, ...], **given: Any) -> Any:
        with exits():
            return command(*args, chosen=choose(formats, outputs), **given)

    form = click.option(
        "--format",
        "formats",
        multiple=True,
        type=click.Choice(list(FORMATS)),
        help=_FORMAT_HELP.format(" ".join(one for one in _SUFFIXES if one != ".htm")),
    )
    file = click.option(
        "-o", "--output", "outputs", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help=_OUTPUT_HELP
    )
    return form(file(judged))


@contextmanager
def exits() -> Iterator[None]:
    """A MisuseError in here is one line and exit status 2: 1 means that something was judged, and failed."""
    try:
        yield
    except MisuseError as error:
        raise NotJudged(str(error)) from error


def choose(formats: Sequence[str], outputs: Sequence[Path]) -> Chosen:
    """Match formats and files, and refuse what cannot be written before minutes are spent. Raises MisuseError."""
    if not outputs:
        if len(formats) > 1:
            raise MisuseError(f"--format {formats[1]}: a second format needs a file: --output FILE for each")
        return Chosen(format=formats[0] if formats else "text", said=bool(formats))
    if formats and len(formats) != len(outputs):
        raise MisuseError(
            f"{len(formats)} --format for {len(outputs)} --output: give one for each, in their order, or none and let"
            " the suffixes say"
        )
    kinds = list(formats) or [_by_suffix(path) for path in outputs]
    for number, path in enumerate(outputs):
        _check(path)
        if path in outputs[:number]:
            raise MisuseError(f"--output {path}: is given twice")
    return Chosen(files=tuple(zip(kinds, outputs, strict=True)))


def _by_suffix(path: Path) -> str:
    found = _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise MisuseError(f"--output {path}: name a --format, or a file that ends in {', '.join(_SUFFIXES)}")
    return found


def _check(path: Path) -> None:
    if path.is_dir():
        raise MisuseError(f"--output {path}: is a folder; name a file")
    if not path.parent.is_dir():
        raise MisuseError(f"--output {path}: there is no folder {path.parent}; make it first")


def show(report: Report, chosen: Chosen) -> int:
    """Write *report* as chosen. What comes back is the exit status: 0 held, 1 failed. Raises MisuseError."""
    texts = [(path, render(report, form)) for form, path in chosen.files]  # all are made before one is written
    for path, text in texts:
        write_whole(path, text)
    click.echo(_for_terminal(report) if chosen.format == "text" else render(report, chosen.format), nl=False)
    for path, _ in texts:
        click.echo(f"written: {path}", err=True)
    return 0 if report.ok else 1


def render(report: Report, form: str) -> str:
    """*report* in one of the formats, without colours."""
    made: str = import_module(FORMATS[form]).render(report)
    return made


def _for_terminal(report: Report) -> str:
    from crm_contracts.findings.text import coloured, plain, render

    return render(report, coloured if colours() else plain)


def colours() -> bool:
    """Rule 3."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_whole(path: Path, text: str) -> None:
    """Whole or not at all. A link stays one; what is no plain file (/dev/stdout) is written to. Raises MisuseError."""
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_text(text, "utf-8")
            return
    except OSError as error:
        _cannot(path, error)
    draft = target.with_name(target.name + ".part")
    try:
        draft.write_text(text, "utf-8", newline="\n")
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        _cannot(path, error)


def _cannot(path: Path, error: OSError) -> NoReturn:
    raise MisuseError(f"--output {path}: cannot be written: {error.strerror}") from error


def bar(length: int, label: str) -> Any:
    """A progress bar on a terminal, nothing elsewhere.

    with bar(400, "checks") as progress:
        progress.update(1)
    """
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty(), show_pos=True)

"""`understudy capsule`: replay a bug, and everything that makes, shortens and hands on the file that replays it.

Exit status: 0 nothing is wrong, 1 something is, 2 a wrong call or a file that cannot be read or played.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crm_contracts.capsules.wrong_calls import Group

if TYPE_CHECKING:
    from crm_contracts.capsules.capsule import Capsule
    from crm_contracts.capsules.replay import Replay
    from crm_contracts.capsules.stages import AnyStage, Stages

_FILE = click.Path(path_type=Path)


@click.group(cls=Group, short_help="A customer's bug as a file: replay it, make one, shorten it, hand it on.")
def capsule() -> None:
    """A capsule is one YAML file that replays a bug of a sync every time: what was there, what happened, what broke.

    Exit status of each command: 2 for a wrong call and for a file that cannot be read, with one line that says why.
    """


@capsule.command(short_help="Replay capsules.")
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE…")
@click.option("--faulty", "at_fault", is_flag=True, help="On the engine that the capsule names: the bug must show.")
@click.option("--step", is_flag=True, help="Stop before each operation; Enter goes on, q ends.")
@click.option("--until", type=click.IntRange(0), metavar="N", help="Only the first N operations.")
@click.option("--serve", "serving", is_flag=True, help="Then keep the fakes up, until Ctrl-C, for any client.")
@click.option("--sync-command", metavar="COMMAND", help="With your own sync: the command that performs one run.")
@click.option("--tls", is_flag=True, help="With --serve or --sync-command: https.")
@click.option("--timeout", type=click.FloatRange(0.1), default=60, show_default=True, help="Seconds until a run hangs.")
@click.option("--quiet", is_flag=True, help="No timeline.")
@click.option("--strict", is_flag=True, help="Refuse keys that are not known, and requests other than recorded.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each capsule.")
def run(*, files: tuple[Path, ...], quiet: bool, strict: bool, as_json: bool, **how: Any) -> None:
    """Replay each FILE on fresh fakes with the sync that ships with Understudy; a folder means all capsules in it.

    The timeline shows Salesforce on the left, the partner on the right, runs of the sync across both. Exit status: 0
    all invariants held and the records are as expected, 1 they are not, 2 a file cannot be read or played, or a folder
    has none. With --faulty: 0 when each bug showed. A sync of your own is given what `understudy verify` gives it.
    """
    from crm_contracts.capsules.reading import read_capsule
    from crm_contracts.capsules.stages import Stages
    from fake_core.errors import MisuseError

    worst, at_fault = 0, how["at_fault"]
    every = _every(files)
    _check(every, **how)
    with Stages() as stages:
        for path in every:
            try:
                chosen = read_capsule(path, strict=strict, tell=lambda line: click.echo(line, err=True))
                played = _played(chosen, stages, **how)
            except MisuseError as error:
                said = str(error)
                click.echo(f"understudy: {said if said.startswith(str(path)) else f'{path}: {said}'}", err=True)
                worst = max(worst, 2)
                continue
            early = how["until"] is not None and played.holds
            fine = early or (played.shows(chosen) if at_fault else played.holds)
            ours = not at_fault and how["sync_command"] is None and how["until"] is None
            other = bool(chosen.log) and ours and played.log != chosen.log
            worst = max(worst, 0 if fine and not (strict and other) else 1)
            if as_json:
                click.echo(json.dumps(_data(path, chosen, played, fine=fine), ensure_ascii=False))
            else:
                _tell(path, chosen, played, quiet=quiet, other=other, **how)
            if how["serving"]:
                _serve(stages.of(chosen), tls=how["tls"], as_json=as_json)
    sys.exit(worst)


@capsule.command(short_help="Make a capsule as small as it can be.")
@click.argument("file", type=_FILE)
@click.option("-o", "--output", type=_FILE, help="Where to write it (default: beside FILE, `.small` in its name).")
@click.option("--faulty", "at_fault", is_flag=True, help="On the engine that the capsule names, not on ours.")
@click.option("--plays", type=click.IntRange(1), default=2_000, show_default=True, help="Replays at most.")
def minimise(*, file: Path, output: Path | None, at_fault: bool, plays: int) -> None:
    """Find the smallest starting records, operations and fields of FILE that still show the same bug.

    With --faulty, what our own sync lives through stays so: it is to become a test that a repaired sync passes.
    Deterministic: the same file gives the same result on any machine. Exit status 2 when FILE shows no bug.
    """
    from crm_contracts.capsules.minimise import minimise as made_small
    from crm_contracts.capsules.reading import read_capsule
    from crm_contracts.capsules.stages import Stages
    from crm_contracts.capsules.writing import write_capsule

    chosen = read_capsule(file, tell=lambda line: click.echo(line, err=True))
    target = output or _beside(file, "small")
    with _naming(file), Stages() as stages:
        small = made_small(chosen, stages, at_fault=at_fault, plays_max=plays, progress=_progress(chosen))
    write_capsule(small.capsule, target)
    click.echo(
        f"{target}: {_size(chosen)} became {_size(small.capsule)}, in {small.plays} replays; "
        f"`understudy capsule run {'--faulty ' if at_fault else ''}{target}` shows the bug"
    )


@capsule.command(short_help="Replace names and texts by stand-ins, and prove that the bug is still there.")
@click.argument("file", type=_FILE)
@click.option("-o", "--output", type=_FILE, help="Where to write it (default: beside FILE, `.scrubbed` in its name).")
@click.option("--faulty", "at_fault", is_flag=True, help="Prove it on the engine that the capsule names, not on ours.")
@click.option("--key", default="", envvar="UNDERSTUDY_SCRUB_KEY", help="Same key, same stand-ins; default: a new one.")
@click.option("--title", default="", help="Another title; otherwise its words are replaced, too.")
def scrub(*, file: Path, output: Path | None, key: str, at_fault: bool, title: str) -> None:
    """Make FILE safe to mail: names, e-mails, phone numbers, free text, domains and ids get stand-ins.

    What software looks at stays: lengths, kinds of characters, HTML, line ends, what was equal, picklist values, dates
    and numbers of fields that hold such. Exit status 1, and nothing written, when the bug would be gone.
    """
    from crm_contracts.capsules.scrub.command import scrub as scrubbed

    sys.exit(scrubbed(file, output or _beside(file, "scrubbed"), key=key, at_fault=at_fault, title=title))


@capsule.command("to-pytest", short_help="Print a capsule as a test in Python.")
@click.argument("file", type=_FILE)
def to_pytest(*, file: Path) -> None:
    """Print FILE as a test for pytest, to be read and changed as code.

    A suite that wants no code collects the file itself: with Understudy installed pytest runs whatever ends in
    .capsule.yaml.
    """
    from crm_contracts.capsules.reading import read_capsule
    from crm_contracts.capsules.to_pytest import to_pytest as written

    click.echo(written(read_capsule(file, tell=lambda line: click.echo(line, err=True))), nl=False)


@capsule.command(short_help="Print the JSON Schema of capsules.")
def schema() -> None:
    """Print the JSON Schema (draft 2020-12) that a capsule is held to: editors and other programs can use it."""
    from crm_contracts.capsules.schema import schema as made

    click.echo(json.dumps(made(), indent=2))


@capsule.command(short_help="Write the gallery of known failures.")
@click.option("--write", "folder", type=_FILE, required=True, metavar="FOLDER", help="Where the capsules go.")
def gallery(*, folder: Path) -> None:
    """Write a capsule for each known way in which a sync goes wrong, and the page that lists them."""
    from crm_contracts.capsules.gallery import write_gallery

    write_gallery(folder, tell=click.echo)


@capsule.command(short_help="Name the engines with a known fault, or those in which a capsule shows a bug.")
@click.argument("file", required=False, type=_FILE)
def engines(*, file: Path | None) -> None:
    """Print what a capsule's key `engine` may name: our sync with a planted fault, and syncs with published ones.

    With FILE: play it on each of them, and print those in which it does not hold: of a FILE that says what broke
    (`breaks`, `expect`) those in which just that shows. What such a fault does is what the sync in question may do,
    too: write one into FILE, and `minimise --faulty` makes it small. Exit status 1 when it shows in none.
    """
    if file is not None:
        sys.exit(_suspected(file))
    from crm_contracts.world.mutants import MUTANTS
    from crm_contracts.world.scenarios.faulty import FAULTY

    for name, published in FAULTY.items():
        click.echo(f"published: {name}   ({published.failure}; {published.whose})")
    for planted in MUTANTS:
        click.echo(f"planted: {planted.name}   ({planted.failure}; {planted.wrong})")


@capsule.command("from-har", short_help="Make a capsule from HAR files of real traffic.")
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE…")
@click.option("-o", "--output", type=_FILE, help="Where to write the capsule (default: print it).")
@click.option(
    "--profile", type=click.Choice(("planhat", "totango", "marketo")), help="The partner, where FILE is silent."
)
@click.option("--sync-user", "sync_users", multiple=True, metavar="NAME", help="Who is the sync; see above.")
@click.option("--host", "hosts", multiple=True, metavar="HOST=VENDOR", help="Whose an unusual host is.")
@click.option("--pause", default=60, show_default=True, help="Seconds of silence that end a run of the sync.")
def from_har(
    *,
    files: tuple[Path, ...],
    output: Path | None,
    profile: str | None,
    sync_users: tuple[str, ...],
    hosts: tuple[str, ...],
    pause: int,
) -> None:
    """Read HAR files of traffic to Salesforce and a partner: reads become records, people's writes become ops.

    The sync's own writes are what was observed, not ops. A caller with the User-Agent of a browser or of a tool of the
    hand (curl, Postman) is a person, everybody else is the sync; --sync-user says otherwise: a username, a Salesforce
    user id, or a part of a User-Agent. A pause, or a log-in after a person's write, ends a run. Answers that a fake
    would not give become faults. What cannot be inferred stands under `questions`. Tokens, cookies and passwords never
    enter.
    """
    from crm_contracts.capsules.intake import commands

    commands.har(files, output, profile=profile or "", sync_users=sync_users, hosts=hosts, pause_seconds=pause)


@capsule.command("from-csv", short_help="Make a capsule from exports of both sides.")
@click.option("--salesforce", type=_FILE, required=True, metavar="FILE", help="Tasks and Events, with their ids.")
@click.option("--accounts", type=_FILE, metavar="FILE", help="Accounts: id and name.")
@click.option("--partner", "partners", type=_FILE, required=True, multiple=True, metavar="FILE", help="The partner's.")
@click.option("--profile", type=click.Choice(("planhat", "totango", "marketo")), default="planhat", show_default=True)
@click.option("-o", "--output", type=_FILE, help="Where to write the capsule (default: print it).")
def from_csv(
    *, salesforce: Path, accounts: Path | None, partners: tuple[Path, ...], profile: str, output: Path | None
) -> None:
    """Read exports of Salesforce and a partner: records become what was there before, links are found by ids.

    What is wrong in them already (two records with one link, a link to nothing, values that differ) is asked about.
    """
    from crm_contracts.capsules.intake import commands

    commands.exports(salesforce, partners, output, accounts=accounts, profile=profile)


@capsule.command(short_help="Make a capsule from what was said to served fakes.")
@click.option(
    "--url", "urls", multiple=True, metavar="VENDOR=URL", help="Where a fake is (default: what is served now)."
)
@click.option("--tenant", "tenants", multiple=True, metavar="VENDOR=NAME", help="Which of several tenants.")
@click.option("--sync-user", "sync_users", multiple=True, metavar="NAME", help="Who is the sync; see above.")
@click.option("--profile", type=click.Choice(("planhat", "totango", "marketo")), help="The partner, of several.")
@click.option("--pause", default=60, show_default=True, help="Seconds of silence that end a run of the sync.")
@click.option("-o", "--output", type=_FILE, help="Where to write the capsule (default: print it).")
def record(
    *,
    urls: tuple[str, ...],
    tenants: tuple[str, ...],
    sync_users: tuple[str, ...],
    profile: str | None,
    pause: int,
    output: Path | None,
) -> None:
    """Read the journals of fakes that `understudy serve` serves: what was asked so far, by whom, with which faults.

    --sync-user names the sync as the journal does: a Salesforce username, the name of a partner's token, or a part of a
    User-Agent; everybody else is a person then. Without it browsers and tools of the hand (curl, Postman) are persons,
    everybody else is the sync.
    """
    from crm_contracts.capsules.intake import commands

    commands.journals(urls, output, profile=profile or "", sync_users=sync_users, tenants=tenants, pause_seconds=pause)


def _suspected(file: Path) -> int:
    """Tell the engines in which a capsule shows a bug; the exit status."""
    from crm_contracts.capsules.reading import read_capsule
    from crm_contracts.capsules.stages import Stages
    from crm_contracts.capsules.suspects import known_engines, suspects
    from crm_contracts.findings.options import bar
    from crm_contracts.world.story import counted

    chosen = read_capsule(file, tell=lambda line: click.echo(line, err=True))
    found = others = 0
    engines = known_engines(chosen)
    with _naming(file), Stages() as stages, bar(len(engines), "engines") as progress:
        for one in suspects(chosen, engines, stages, done=lambda: progress.update(1)):
            if not one.explains:
                others += 1
                continue
            found += 1
            broken = one.played.violation
            what = f"{broken.invariant} {type(broken).__name__}: {broken.what}" if broken else one.played.differs[0]
            if sys.stderr.isatty():
                click.echo("\r\033[K", err=True, nl=False)  # the bar, which is drawn anew below this line
            click.echo(f"engine: {{{one.engine.kind}: {one.engine.name}}}   {what}")
    aside = f"; {others} more would break something else" if others else ""
    if not found:
        click.echo(f"{file}: no sync with a known fault shows {'this' if others else 'a'} bug here{aside}")
        return 1
    said = chosen.breaks or chosen.expect
    hint = "" if said else "; say what broke (`breaks: Duplicated`), and only those are named that break it"
    click.echo(f"{file}: {counted(found, 'sync')} with a known fault would explain it{aside}{hint}", err=True)
    return 0


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """While the block runs, what is wrong is said of *file*."""
    from fake_core.errors import MisuseError

    try:
        yield
    except MisuseError as error:
        raise MisuseError(f"{file}: {error}") from None


def _every(files: tuple[Path, ...]) -> list[Path]:
    """The files themselves, and for a folder the capsules in it. Raises MisuseError for a folder without any."""
    from crm_contracts.capsules.capsule import SUFFIX
    from fake_core.errors import MisuseError

    found: list[Path] = []
    for one in files:
        inside = sorted(one.rglob(f"*{SUFFIX}")) if one.is_dir() else [one]
        if not inside:
            raise MisuseError(f"{one}: no file in this folder ends in {SUFFIX}")
        found += inside
    return found


def _check(every: list[Path], **how: Any) -> None:
    """What does not go together. Raises MisuseError."""
    from fake_core.errors import MisuseError

    if how["serving"] and len(every) > 1:
        raise MisuseError("--serve keeps the fakes of one capsule up: name one FILE")
    others = how["at_fault"] or how["step"] or how["until"] is not None or how["serving"]
    if how["sync_command"] is not None and others:
        raise MisuseError("--sync-command plays a whole capsule with your sync: leave the other options out")


def _played(
    chosen: Capsule, stages: Stages, *, at_fault: bool, step: bool, until: int | None, **foreign: Any
) -> Replay:
    from crm_contracts.capsules.replay import replay

    if foreign["sync_command"] is not None:  # an empty one is a wrong call: an unset variable in somebody's script
        return _foreign(chosen, foreign["sync_command"], tls=foreign["tls"], timeout=foreign["timeout"])
    return replay(chosen, stages, at_fault=at_fault, before=_stepping() if step else None, until=until)


def _foreign(chosen: Capsule, command: str, *, tls: bool, timeout: float) -> Replay:
    from crm_contracts.capsules.foreign import foreign_stage, replay_foreign
    from crm_contracts.verify.runner import CommandRunner

    with foreign_stage(chosen, CommandRunner(command, timeout_seconds=timeout), tls=tls) as stage:
        return replay_foreign(chosen, stage)


def _serve(stage: AnyStage, *, tls: bool, as_json: bool) -> None:
    """Until Ctrl-C or SIGTERM."""
    import signal
    import threading

    from crm_contracts.capsules.serve import serving

    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with serving(stage, tls=tls) as told:
        if as_json:
            click.echo(json.dumps(told))
        else:
            for vendor, words in told.items():
                if vendor != "control":
                    click.echo(f"{vendor:<11} {words['url']}")
            click.echo("variables   understudy env")
        over.wait()
    click.echo("stopped", err=True)


def _beside(file: Path, word: str) -> Path:
    """`bug.capsule.yaml` -> `bug.small.capsule.yaml`."""
    from crm_contracts.capsules.capsule import SUFFIX

    return file.with_name(f"{file.name.removesuffix(SUFFIX).removesuffix('.yaml')}.{word}{SUFFIX}")


def _size(chosen: Capsule) -> str:
    from crm_contracts.world.story import counted

    records = f"{counted(len(chosen.start), 'starting record')} and " if chosen.start else ""
    return f"{records}{counted(len(chosen.ops), 'operation')}"


def _progress(chosen: Capsule) -> Callable[[Capsule, int], None]:
    """A line that is written over, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda _best, _plays: None
    begun = _size(chosen)

    def show(best: Capsule, plays: int) -> None:
        click.echo(f"\r{begun} → {_size(best)}, {plays} replays\033[K", err=True, nl=False)

    return show


def _stepping() -> Callable[[int, Any, Any], None]:
    """Tells what happened since the last stop, and waits."""
    from crm_contracts.world.columns import lines_of

    told = 0

    def before(number: int, op: Any, world: Any) -> None:
        nonlocal told
        for line in lines_of(world.events[told:]):
            click.echo(line)
        told = len(world.events)
        click.echo(f"[{number}] {_compact(op.to_dict())}   Enter: do it, q: end ", nl=False)
        answer = sys.stdin.readline()
        if not sys.stdin.isatty():
            click.echo()
        if answer.strip().lower() == "q":
            click.echo(f"stopped before operation {number}")
            raise click.exceptions.Exit(0)

    return before


def _tell(path: Path, chosen: Capsule, played: Replay, *, quiet: bool, other: bool, **how: Any) -> None:
    from crm_contracts.capsules.replay import unmet
    from crm_contracts.world.columns import two_columns

    click.echo(f"{path}: {chosen.title}")
    if not quiet:
        if chosen.saw:
            click.echo(f"seen by the customer: {chosen.saw.strip()}")
        click.echo()
        for line in two_columns(chosen.profile, played.events):
            click.echo(line)
        click.echo()
    for question in chosen.questions:
        click.echo(f"open question: {question}")
    if played.violation is not None:
        found = played.violation
        click.echo(_bad(f"{found.invariant} {type(found).__name__}: {found.what}"))
    for line in played.differs:
        click.echo(_bad(line))
    for line in unmet(chosen, played):
        click.echo(f"note: {line}")
    early = played.holds and how["until"] is not None
    if early:
        click.echo(f"played up to operation {played.played}; nothing is demanded before the end")
    elif how["at_fault"]:
        wanted = f"break {chosen.breaks}" if chosen.breaks else "break an invariant or an expectation"
        shown = "the bug shows" if played.shows(chosen) else f"the bug does not show: it should {wanted}"
        click.echo(f"{shown}, on the engine with the fault {chosen.engine.name!r}" if chosen.engine else shown)
    elif played.holds:
        expected = ", and the records are as expected" if chosen.expect else ""
        click.echo(f"held: every invariant{expected}")
    if other:
        click.echo(f"the sync makes other requests than when this was written (log {played.log})", err=True)


def _bad(line: str) -> str:
    return click.style(line, fg="red", bold=True)


def _compact(data: dict[str, Any]) -> str:
    from crm_contracts.capsules.yaml_text import in_a_line

    return in_a_line(data)


def _data(path: Path, chosen: Capsule, played: Replay, *, fine: bool) -> dict[str, Any]:
    found = played.violation
    return {
        "file": str(path),
        "title": chosen.title,
        "ok": fine,
        "violation": None
        if found is None
        else {"invariant": found.invariant, "kind": type(found).__name__, "what": found.what},
        "differs": list(played.differs),
        "log": played.log,
    }

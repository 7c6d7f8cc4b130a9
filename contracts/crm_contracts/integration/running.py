"""A program run against fakes that are served for it, again and again, with everything it sends kept.

Rule 1: each run begins with the same records: those of `--seed`.
Rule 2: it is told where the fakes are as `understudy env` tells it: by its environment.
Rule 3: time is the machine's: who waits really waits, and what it was told to wait is no part of the time allowed.
"""

from __future__ import annotations

import json
import shlex
import tempfile
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from crm_contracts.integration.batches_heard import heard_of
from crm_contracts.integration.checks.limits import told_seconds
from crm_contracts.integration.credentials import secrets_of
from crm_contracts.integration.ladder import Heard, Step, steps
from crm_contracts.integration.parsed import Run, strings
from crm_contracts.serving.notes import variables
from crm_contracts.traffic import KEPT_BYTES_MAX
from crm_contracts.traffic.tap import Tap, Traffic
from crm_contracts.vendors import create_fake
from crm_contracts.verify.runner import CommandRunner, Ended, Given
from fake_core.clock import RealClock
from fake_core.errors import MisuseError
from fake_core.server import ServedFake

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from fake_core.fake import Fake

__all__ = ["Performed", "Stage", "climb", "read_seed"]

PAGE_ROWS = 200  # the fewest that Sforce-Query-Options can ask for


@dataclass(frozen=True)
class Performed:
    """One run: what it did, and how it ended."""

    run: Run
    ended: Ended
    said: str
    title: str
    heard: Sequence[Heard] = field(default=(), repr=False)


class _Paged:
    """A fake whose queries come in small pages when asked to: Salesforce promises no batch size."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake
        self.hosts = fake.hosts
        self.small = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self.small:
            environ["HTTP_SFORCE_QUERY_OPTIONS"] = f"batchSize={PAGE_ROWS}"
        return self.fake(environ, start_response)


class Stage:
    """The fakes on sockets, and what a program is told of them."""

    def __init__(
        self,
        vendors: Sequence[str],
        *,
        orgs: Mapping[str, Sequence[str]] | None = None,
        seed: Mapping[str, Any] | None = None,
        tls: bool = False,
    ) -> None:
        """*orgs* are files (or Salesforce's edition), *seed* starting records, by vendor. Raises MisuseError."""
        self.traffic = Traffic()
        self.fakes: dict[str, Fake] = {}
        self.known: list[str] = []
        self._paged: dict[str, _Paged] = {}
        self._open = ExitStack()
        with ExitStack() as undo:
            undo.callback(self._open.close)
            self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="understudy-contract-")))
            served = {
                vendor: self._serve(vendor, (orgs or {}).get(vendor, ()), (seed or {}).get(vendor), tls=tls)
                for vendor in vendors
            }
            undo.pop_all()
        ca_file = self._certificates(served.values()) if tls else None
        self.told: dict[str, Any] = {
            vendor: {**self.fakes[vendor].credentials(one.url), "url": one.url, "ca_file": ca_file}
            for vendor, one in served.items()
        }
        self.secrets = [secret for words in self.told.values() for secret in secrets_of(words)]

    def _serve(self, vendor: str, orgs: Sequence[str], seed: Any, *, tls: bool) -> ServedFake:
        if len(orgs) > 1:
            raise MisuseError(f"--org {vendor}: one tenant of each vendor is enough for a contract: give one file")
        clock = RealClock()
        fake = self.fakes[vendor] = create_fake(vendor, clock=clock, **({"org": orgs[0]} if orgs else {}))
        self._open.callback(fake.close)
        if seed is not None:
            if fake.seed is None:
                raise MisuseError(f"--seed: {vendor} takes no starting records")
            fake.seed(seed)
            fake.store.mark_baseline()
            self.known += strings(seed)
        paged = self._paged[vendor] = _Paged(fake)
        tap = Tap(paged, vendor=vendor, clock=clock, traffic=self.traffic, body_bytes_max=KEPT_BYTES_MAX)
        return self._open.enter_context(ServedFake(tap, tls=tls))

    def _certificates(self, served: Iterable[ServedFake]) -> str:
        """One file with the CAs of all fakes, under both names that the variables tell."""
        cas = b"\n".join(one.ca_file.read_bytes() for one in served if one.ca_file)
        ca_file = self._folder / "ca.pem"
        ca_file.write_bytes(cas)
        ca_file.with_name("ca-bundle.pem").write_bytes(cas)
        return str(ca_file)

    def perform(
        self, runner: CommandRunner, step: Step, budget: Mapping[str, int], side_by_side: Collection[str] = ()
    ) -> Performed:
        """One run of the program, from the starting records. *side_by_side*: whose calls overlapped before."""
        for vendor, fake in self.fakes.items():
            fake.reset()
            self._paged[vendor].small = vendor == "salesforce" and step.fault is None and bool(step.name != "plain")
        if step.fault is not None:
            self.fakes[step.fault.vendor].script(step.fault)
        self.traffic.clear()
        with tempfile.TemporaryDirectory(dir=self._folder) as state:
            # A fake's own credentials change with a reset where they hold sessions: they are told anew.
            told = {
                vendor: {**words, **self.fakes[vendor].credentials(words["url"])} for vendor, words in self.told.items()
            }
            named = {name: value for name, value in variables(told) if value != "None"}
            ended = runner.run(Given({**named, "UNDERSTUDY_STATE": state, "NO_PROXY": "localhost,127.0.0.1"}, {}))
        calls = self.traffic.calls
        run = Run(
            calls=calls,
            name=step.name,
            told=ended.status != 0,
            secrets=self.secrets,
            known=self.known,
            budget=budget if step.name == "plain" else {},
            side_by_side=side_by_side,
        )
        meant = [row for vendor in self.fakes for row in heard_of(vendor, self.fakes[vendor].exchanges(), run)]
        return Performed(run, ended, runner.said.decode("utf-8", "replace"), step.title, meant)

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def climb(
    stage: Stage,
    command: Sequence[str],
    *,
    faults: Sequence[str] | None,
    budget: Mapping[str, int],
    timeout_seconds: float,
    progress: Any = None,
) -> list[Performed]:
    """The plain run, then one for each rung that has something to strike. *faults* None: the plain run alone.

    Raises MisuseError when the command cannot be started, makes no call, or names a rung that is none.
    """
    runner = CommandRunner(
        shlex.join(command),
        timeout_seconds=timeout_seconds,
        more_seconds=lambda: told_seconds(stage.traffic.calls),
    )
    done = [stage.perform(runner, Step("plain", "as it is"), budget)]
    plain = done[0]
    if not plain.run.calls:
        made_none = f"{command[0]}: made no call to a fake"
        if plain.ended.hung:
            raise MisuseError(f"{made_none} in {timeout_seconds:g} s, and was killed: does it wait? See --timeout")
        if plain.ended.status != 0 and plain.ended.words:
            raise MisuseError(f"{made_none} ({plain.ended})")
        urls = ", ".join([name for name, _ in variables(stage.told) if name.endswith("_URL")][:2])
        raise MisuseError(f"{made_none} ({plain.ended}): it has to take the addresses from its environment ({urls}, …)")
    side_by_side = [vendor for vendor in plain.run.vendors if plain.run.overlaps(vendor)]
    ladder = [] if faults is None else steps(plain.heard, faults)
    if progress is not None:
        progress(1, len(ladder) + 1)
    for number, step in enumerate(ladder, 2):
        done.append(stage.perform(runner, step, budget, side_by_side))
        if progress is not None:
            progress(number, len(ladder) + 1)
    return done


def read_seed(path: Path | None) -> dict[str, Any]:
    """Starting records by vendor, of a TOML or JSON file. Raises MisuseError."""
    if path is None:
        return {}
    try:
        text = path.read_text("utf-8")
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise MisuseError(f"--seed {path}: {error.strerror}") from None
    except ValueError as error:
        raise MisuseError(f"--seed {path}: {error}") from None
    if not isinstance(found, dict):
        raise MisuseError(f'--seed {path}: starting records by vendor: {{"salesforce": {{"Contact": [...]}}}}')
    return found

"""A stage whose fakes are served on sockets, and the sync that lives on the other side of them.

Rule 1: users act in this process as ever; only the sync under test comes over the sockets, through the border.
Rule 2: a sync is installed before a history begins: one run over systems in which there is no activity yet. What it
        remembers of that run is where every history begins, so that a first run's set-up is never taken for a finding.
Rule 3: what only a partner's own people or its own product can do is done for the sync: Planhat's switch
        "Notes to inherit Task sourceId" follows the settings (rules P17 to P22).
"""

from __future__ import annotations

import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from crm_contracts.verify.border import Border, Death, Gate, open_border
from crm_contracts.verify.given import given, report_of
from crm_contracts.verify.runner import Runner
from crm_contracts.world.files import copy_files
from crm_contracts.world.invariants.told import told as told_by
from crm_contracts.world.pairs.settings import SOBJECTS, PairSettings
from crm_contracts.world.pairs.stage import PairStage
from crm_contracts.world.settings import Inheritance, Settings
from crm_contracts.world.stage import Stage
from crm_contracts.world.under_test import Login
from fake_core.errors import MisuseError
from fake_core.server import ServedFake

POLL_SECONDS = 600  # between the installation and what happens first
AnySettings = Settings | PairSettings


class Failed(Exception):
    """A run that did not end well: not with exit status 0, or not with a 2xx answer of the hook."""

    def __repr__(self) -> str:
        return f"an error ({self})"


class Hung(Failed):
    """A run that did not end."""


@dataclass(frozen=True)
class Installed:
    """Where a history begins for given settings: both systems and the sync's own files after its first run."""

    opening: Mapping[str, str]
    folder: Path


class _Connection(Protocol):
    """What a sync that is met over sockets needs of a world's connection."""

    @property
    def state(self) -> Path: ...


class Sockets:
    """The fakes of one stage on sockets of 127.0.0.1, for a sync that is not in this process."""

    def __init__(self, stage: Stage | PairStage, logins: Mapping[str, Login], runner: Runner, *, tls: bool) -> None:
        self.stage = stage
        self.runner = runner
        self.tls = tls
        self.border = Border(stage.clock)
        self.runs = 0
        self.reported = False  # whether the sync ever said what it did
        self._open = ExitStack()
        self.folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="understudy-verify-")))
        gates = {vendor: Gate(fake, self.border) for vendor, fake in stage.fakes.items()}
        served = {vendor: self._open.enter_context(ServedFake(gate, tls=tls)) for vendor, gate in gates.items()}
        ca_file = self._certificates(list(served.values())) if tls else None
        self.told: dict[str, Any] = {
            vendor: {
                **stage.fakes[vendor].credentials(one.url),
                "access_token": None,
                "refresh_token": None,  # the person's: a sync logs in as itself
                **{name: value for name, value in logins[vendor].credentials.items() if "://" not in str(value)},
                "ca_file": ca_file,
            }
            for vendor, one in served.items()
        }
        self.clock_url = f"{served['salesforce'].url}/__understudy__/clock"

    def _certificates(self, served: Sequence[ServedFake]) -> str:
        """One file with the CAs of all fakes, under both names that the variables tell.

        The public CAs are not among them: there is nobody else to talk to, and loading them would take a client longer
        than a whole run.
        """
        cas = b"\n".join(one.ca_file.read_bytes() for one in served if one.ca_file)
        ca_file = self.folder / "ca.pem"
        ca_file.write_bytes(cas)
        ca_file.with_name("ca-bundle.pem").write_bytes(cas)
        return str(ca_file)

    def close(self) -> None:
        self._open.close()

    def run(self, folder: Path, settings: Mapping[str, Any], switches: Mapping[str, str]) -> Any:
        """One run; what it says that it did. Raises Crashed where it was killed on purpose, Hung or Failed."""
        counter, border = self.stage.counter, self.border
        told = given(
            self.told,
            folder=folder,
            now=self.stage.clock.now(),
            clock_url=self.clock_url,
            settings=settings,
            switches=switches,
        )
        counter.counting = False  # the border counts
        self.runs += 1
        with open_border(border, Death(counter.crash_at, counter.acted), self.runner.kill):
            ended = self.runner.run(told)
        counter.requests, counter.exchanges = len(border.heard), list(border.exchanges)
        if border.died:
            counter.unread = border.unread
            counter.die(f"killed at request {counter.crash_at}")
        if ended.hung:
            raise Hung(str(ended))
        if ended.status != 0:
            raise Failed(str(ended))
        report = report_of(folder)
        self.reported = self.reported or told_by(report) is not None
        return report


class ServedSync(ABC):
    """The sync under test as a world knows it: each run is the runner's, told where the sockets are."""

    def __init__(self, sockets: Sockets, folder: Path, settings: AnySettings) -> None:
        self._sockets = sockets
        self._folder = folder
        self._settings = settings

    def save(self, settings: AnySettings) -> None:
        self._settings = settings

    def run(self, *_ways_and_sections: Any) -> Any:
        """One run, whole: what a command does is both ways and all sections."""
        settings = self.told_settings()
        return self._sockets.run(self._folder, settings, self.switches())

    @abstractmethod
    def told_settings(self) -> dict[str, Any]:
        """What stands in the settings file."""

    @abstractmethod
    def switches(self) -> dict[str, str]:
        """The same, a variable each."""

    def close(self) -> None:  # noqa: B027 - this is how every one of them closes
        """Nothing is open between runs."""


class ServedPlanhatSync(ServedSync):
    """A sync of Planhat's Tasks and Conversations."""

    def __init__(
        self,
        sockets: Sockets,
        folder: Path,
        settings: AnySettings,
        *,
        set_inheritance: Callable[[bool], None],
        external_id_field: str,
    ) -> None:
        super().__init__(sockets, folder, settings)
        self._set_inheritance = set_inheritance
        self._external_id_field = external_id_field
        self._memory = folder / "understudy.json"
        known = json.loads(self._memory.read_text()) if self._memory.exists() else {}
        self._inheritance = Inheritance(**known)

    def save(self, settings: AnySettings) -> None:
        assert isinstance(settings, Settings)
        super().save(settings)
        self._inheritance.saved(settings)
        self._remember()

    def staff_disable_inheritance(self) -> None:
        self._inheritance.staff_disabled()
        self._remember()

    def _remember(self) -> None:
        """The switch is the tenant's, not the sync's: it outlives the sync's deaths."""
        self._set_inheritance(self._inheritance.on)
        self._memory.write_text(json.dumps(asdict(self._inheritance)))

    def told_settings(self) -> dict[str, Any]:
        settings = self._settings
        assert isinstance(settings, Settings)
        pairs = (("Task", "Task", settings.task), ("Conversation", settings.conversation_object, settings.conversation))
        return {
            "profile": "planhat",
            "sections": [{"planhat": a, "salesforce": b, "direction": direction} for a, b, direction in pairs],
            "conflict": settings.conflict,
            "external_id_field": self._external_id_field,
            "notes_inherit_task_source_id": self._inheritance.on,
        }

    def switches(self) -> dict[str, str]:
        return asdict(self._settings) | {"external_id_field": self._external_id_field}


class ServedPairSync(ServedSync):
    """A sync of Totango's or of Marketo's records."""

    def __init__(
        self, sockets: Sockets, folder: Path, settings: AnySettings, *, external_ids: Mapping[str, str]
    ) -> None:
        super().__init__(sockets, folder, settings)
        self._external_ids = external_ids

    def told_settings(self) -> dict[str, Any]:
        settings = self._settings
        assert isinstance(settings, PairSettings)
        own = {name: value for name, value in asdict(settings).items() if name != "policies"}
        sections = [
            {"section": name, "salesforce": SOBJECTS[name], "external_id_field": self._external_ids[name]}
            | asdict(settings.policy(name))
            for name in settings.sections
        ]
        return own | {"sections": sections}

    def switches(self) -> dict[str, str]:
        told = self.told_settings()
        found = {name: _text(value) for name, value in told.items() if name != "sections"}
        for section in told["sections"]:
            found |= {f"{section['section']}_{name}": _text(value) for name, value in section.items()}
        return found


def _text(value: Any) -> str:
    """As a configuration file would have it: true, 30, nothing for nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


class ServedStage(ABC):
    """What a campaign needs of a profile: its stage on sockets, the installed sync, and where histories begin."""

    profile: str
    sockets: Sockets
    since_installation = 0  # seconds

    def __init__(self) -> None:
        self._installed: dict[str, Installed] = {}
        self._begun: Installed | None = None

    @abstractmethod
    def make_sync(self, folder: Path, settings: AnySettings) -> ServedSync:
        """The sync over *folder*: its own files, and what it is told."""

    @abstractmethod
    def open_at(self, opening: Mapping[str, str] | None) -> None:
        """Let the next reset lead to *opening* (None: to the very beginning)."""

    def install(self, settings: AnySettings) -> Installed:
        """Let the sync run once where nothing has happened yet; its state is where every history begins.

        Raises MisuseError, with the sync's last words, when it cannot run.
        """
        if str(settings) in self._installed:
            return self._installed[str(settings)]
        stage, name = self.sockets.stage, self.sockets.runner.name
        self.open_at(None)
        stage.reset()
        folder = Path(tempfile.mkdtemp(prefix="installed-", dir=self.sockets.folder))
        sync = self.make_sync(folder, settings)
        sync.save(settings)
        stage.counter.begin(on_crash=lambda: None)
        try:
            sync.run()
        except Hung:
            raise MisuseError(
                f"{name}: its first run did not end in time; see --timeout (in pytest understudy_sync_timeout)"
            ) from None
        except Failed as failed:
            plain = "SSL" in str(failed) and not self.sockets.tls
            hint = "; with --tls (in pytest understudy_sync_tls) the fakes speak https" if plain else ""
            raise MisuseError(f"{name}: its first run, where there was nothing to sync: {failed}{hint}") from None
        finally:
            stage.counter.end()
        opening = {vendor: control.snapshot() for vendor, control in stage.control.items()}
        made = Installed(opening, folder)
        self._installed[str(settings)] = made
        return made

    def begin(self, settings: AnySettings) -> None:
        """The next world begins with the sync installed for *settings*."""
        self._begun = self.install(settings)
        self.open_at(self._begun.opening)

    def factory(self, connection: _Connection, settings: Any) -> Any:
        """Makes the sync for a world: over the files of the installation, or over those that its last life left."""
        assert self._begun is not None, "begin() comes before a world"
        if not any(connection.state.iterdir()):
            copy_files(self._begun.folder, connection.state)
        return self.make_sync(connection.state, settings)

    def close(self) -> None:
        self.sockets.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


class ServedPlanhat(ServedStage, Stage):
    """Salesforce and Planhat on sockets."""

    profile = "planhat"

    def __init__(self, runner: Runner, *, tls: bool = False, **options: Any) -> None:
        """*options* are those of `Stage`."""
        ServedStage.__init__(self)
        Stage.__init__(self, **options)
        self._pristine = dict(self._opening)
        self.sockets = Sockets(self, self.logins, runner, tls=tls)

    def make_sync(self, folder: Path, settings: AnySettings) -> ServedSync:
        return ServedPlanhatSync(
            self.sockets,
            folder,
            settings,
            set_inheritance=self.set_inheritance,
            external_id_field=self.external_id_field,
        )

    def open_at(self, opening: Mapping[str, str] | None) -> None:
        self._opening = dict(opening or self._pristine)
        self.since_installation = POLL_SECONDS if opening else 0

    def reset(self, *, rows: bool = True) -> None:
        Stage.reset(self, rows=rows)
        self.clock.advance(self.since_installation)

    def close(self) -> None:
        ServedStage.close(self)
        Stage.close(self)


class ServedPair(ServedStage, PairStage):
    """Salesforce and Totango or Marketo on sockets."""

    def __init__(self, runner: Runner, profile: str, *, tls: bool = False, **options: Any) -> None:
        """*options* are those of `PairStage`."""
        ServedStage.__init__(self)
        PairStage.__init__(self, profile, **options)
        self._pristine = dict(self._opening)
        self.sockets = Sockets(self, self.logins, runner, tls=tls)

    def make_sync(self, folder: Path, settings: AnySettings) -> ServedSync:
        return ServedPairSync(self.sockets, folder, settings, external_ids=self.external_ids)

    def open_at(self, opening: Mapping[str, str] | None) -> None:
        self._opening = dict(opening or self._pristine)
        self.since_installation = POLL_SECONDS if opening else 0

    def reset(self, *, rows: bool = True) -> None:
        PairStage.reset(self, rows=rows)
        self.clock.advance(self.since_installation)

    def close(self) -> None:
        ServedStage.close(self)
        PairStage.close(self)

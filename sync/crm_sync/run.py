"""The sync as one object: configuration, session, clock and state go in, a `Report` comes out.

A minimal use::

    session = requests.Session()               # tests: session.mount("https://", adapter)
    state = State("sqlite:///sync.db")         # default: in memory
    sync = Sync(config, session=session, clock=clock, state=state)
    sync.save_configuration()                  # what pressing Save does; run() does it if need be
    report = sync.run()
    sync.close()

A `Sync` may be made again over the same state at any time, also after a crash in the middle of a
run. Call `save_configuration()` at the moment a changed configuration takes effect: the baseline of
what existed before (rule P29) and the inheritance flag's edges (rules P17-P22) are taken there. When
it was not called, `run()` does it first, and takes the moment this `Sync` was made as that moment.
*holder* names this process: two that share a state do not run at the same time (F68), and *dead_holders* are known not
to run any more. *tenant_settings* is called with {"notesInheritTaskSourceId": bool} whenever the flag must change in
the Planhat tenant; real Planhat has no public route for it, so the default is None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import requests

from crm_sync.act import Actor
from crm_sync.brake import braked
from crm_sync.budget import affordable, writes_to_salesforce
from crm_sync.clock import Clock
from crm_sync.config import Config
from crm_sync.engine import Engine
from crm_sync.errors import RecordRefused, RunStopped
from crm_sync.inheritance import Inheritance, condition_met
from crm_sync.jobs.preview import PreviewRow, preview
from crm_sync.journal import Journal
from crm_sync.marketo.scope import ReminderScope
from crm_sync.model import PLANHAT
from crm_sync.observe import observe
from crm_sync.plan import Plan, plan_activity
from crm_sync.report import Outcome, Report
from crm_sync.scope import Everybody, Scope
from crm_sync.settings import forget_cursors, inheritance, is_saved, save, set_inheritance
from crm_sync.sides.marketo import MARKETO, Marketo
from crm_sync.sides.partner import Partner
from crm_sync.sides.planhat import Planhat
from crm_sync.sides.salesforce import Salesforce
from crm_sync.sides.totango import TOTANGO, Totango
from crm_sync.state import State
from crm_sync.ways import WAYS, moved, narrowed

__all__ = ["Config", "Report", "State", "Sync"]

TenantSettings = Callable[[Mapping[str, Any]], None]
Progress = Callable[[str, int, int], None]
TENANT_SETTING = "notesInheritTaskSourceId"
#: How a partner is reached, by profile.
SIDES: dict[str, Callable[..., Partner]] = {PLANHAT: Planhat, TOTANGO: Totango, MARKETO: Marketo}


LEASE_SECONDS = 900  # from one request to the next, a long wait for a service included


class Sync:
    """See the module's docstring."""

    def __init__(
        self,
        config: Config,
        *,
        session: requests.Session,
        clock: Clock,
        state: State | None = None,
        state_url: str = "sqlite://",
        tenant_settings: TenantSettings | None = None,
        holder: str = "sync",
        dead_holders: Collection[str] = (),
    ) -> None:
        self.config = config
        self.state = state if state is not None else State(state_url)
        self._owns_state = state is None
        self._session = session
        self._clock = clock
        self._tenant_settings = tenant_settings
        self._made_at = clock.now()
        self._holder = holder
        self._dead_holders = tuple(dead_holders)

    def close(self) -> None:
        """Release the state's database (only if this Sync opened it)."""
        if self._owns_state:
            self.state.close()

    # -- settings ----------------------------------------------------------------------------------

    @property
    def inheritance_on(self) -> bool:
        """The switch "Notes to inherit Task sourceId" (rules P17-P22); read-only (P18)."""
        return inheritance(self.state).on

    def save_configuration(self) -> None:
        """Take over the configuration: flag edges and baseline. Reads only; writes only state.

        Raises:
            RunStopped: a service did not answer; the configuration is then not taken over yet.
        """
        if is_saved(self.state, self.config):
            return
        with self._leased(self.state):
            save(self._engine(Report(), self.state), newer_than=None)
            self._tell_tenant(Report())

    def staff_disable_inheritance(self) -> None:
        """What a Planhat staff member does to the switch (rule P19)."""
        flag = inheritance(self.state).disabled_by_staff()
        set_inheritance(self.state, flag, at=self._clock.now(), why="Planhat's staff")
        self._tell_tenant(Report())

    def _tell_tenant(self, report: Report) -> None:
        """Keep the tenant's switch as the engine computed it."""
        flag = inheritance(self.state)
        if self._tenant_settings is None:
            if flag.on:
                report.note(
                    "the tenant's own switch is not set by this sync (Planhat has no public route "
                    "for it); Conversations are joined to their Task's id here instead"
                )
            return
        if self.state.setting("tenant_told") != flag.on:
            if flag.on or self.state.setting("tenant_told") is not None:
                self._tenant_settings({TENANT_SETTING: flag.on})
            self.state.set_setting("tenant_told", flag.on)

    # -- a run ---------------------------------------------------------------------------------------

    def run(
        self,
        *,
        dry_run: bool = False,
        progress: Progress | None = None,
        sections: Collection[str] = (),
        ways: Collection[str] = WAYS,
        full: bool = False,
        allow_mass: bool = False,
    ) -> Report:
        """One round in both directions. With *dry_run* nothing is written anywhere.

        A part of it: only some *sections*, by their keys, and only "in" or "out" of *ways* (rule T3); *full*: every
        record is read again, not only what changed since (T15). *allow_mass* takes the foot off the brake (brake.py).
        *progress* is called as (step, done, total). The report says when the run ended early; what was done until then
        is durable, and the next run continues.
        """
        report = Report(dry_run=dry_run, partner=self.config.profile.name)
        state = self.state.copy() if dry_run else self.state
        step = progress or (lambda _name, _done, _total: None)
        engine: Engine | None = None
        scope: Scope = Everybody()
        clients = self._clients()
        for client in clients:
            client.transport.read_only = dry_run
            client.transport.may_send = state.keep_lease
        try:
            try:
                scope = self._scope(clients)
                if scope.off:
                    report.note(scope.off)
                else:
                    with nullcontext() if dry_run else self._leased(state):
                        engine = self._engine(report, state, clients)
                        engine.scope = scope
                        if not dry_run:
                            scope.begun(state, self._clock.now())
                        self._round(engine, step, sections=sections, ways=ways, full=full, allow_mass=allow_mass)
            except RunStopped as stop:
                report.stopped = str(stop)
            except RecordRefused as refused:
                report.stopped = f"a read was refused: {refused}; check permissions and the mapping"
            if not (dry_run or scope.off):
                self._tell_of_failures(scope, state, report)
        finally:
            self._count(report, clients)
            if dry_run:
                state.close()
        if not dry_run:
            state.set_setting("last_report", report.as_dict())
        return report

    def _leased(self, state: State) -> AbstractContextManager[None]:
        """Nobody else may work with the same memory meanwhile (F68)."""
        return state.leased(self._holder, self._clock, seconds=LEASE_SECONDS, dead=self._dead_holders)

    def preview(self, section_key: str, way: str) -> list[PreviewRow]:
        """The first rows that a section's job "in" or "out" would carry; reads only (rule T22)."""
        clients = self._clients()
        for client in clients:
            client.transport.read_only = True
        engine = self._engine(Report(), self.state, clients)
        section = next(one for one in engine.sections if one.key == section_key)
        return preview(engine, section, way)

    def _round(
        self,
        engine: Engine,
        step: Progress,
        *,
        sections: Collection[str],
        ways: Collection[str],
        full: bool,
        allow_mass: bool,
    ) -> None:
        report, state = engine.report, engine.state
        if not is_saved(state, self.config):
            save(engine, newer_than=self._made_at)
        flag: Inheritance = inheritance(state)
        assert flag.met == condition_met(self.config.sections)
        engine.inheritance_on = report.inheritance = flag.on
        if not report.dry_run:
            self._tell_tenant(report)
        if report.dry_run:
            if state.intents():
                report.note("a creation of an earlier run is still open; a real run resolves it")
        else:
            Journal(engine).recover(look_again=True)
        whole, engine = engine, engine.only(sections)
        for section in engine.sections:
            report.section(section.key)
            if full:
                forget_cursors(engine, section, ways)
        actor = Actor(engine)
        step("reading", 0, 1)
        found = observe(engine)
        plans = narrowed((plan_activity(activity, engine) for activity in found.activities), ways, engine)
        step("writing", 0, len(plans))
        stopped = "" if allow_mass else braked(plans, state.link_count, self.config.options)
        try:
            if report.dry_run:
                self._describe(plans, report)
                if stopped:
                    report.note(stopped)
            else:
                _act(actor, plans, stopped)
                state.move_cursors(moved(found.cursors, ways, whole, engine, plans))
        except RunStopped:
            self._leave_rest(plans, actor)
            raise
        finally:
            self._account(plans, report)
        step("writing", len(plans), len(plans))

    def _leave_rest(self, plans: list[Plan], actor: Actor) -> None:
        """The run ends early: what was not finished is reported as left for the next run."""
        for plan in plans:
            if not actor.finished(plan):
                for key in plan.verdicts:
                    plan.verdicts[key] = (Outcome.SKIPPED, "left for the next run")

    def _describe(self, plans: list[Plan], report: Report) -> None:
        for plan in plans:
            report.planned += plan.lines()
            report.held_back += plan.held
            report.conflicts += plan.conflicts

    def _account(self, plans: list[Plan], report: Report) -> None:
        for plan in plans:
            for key, (outcome, reason) in plan.verdicts.items():
                report.section(key).add(plan.label, outcome, reason)

    def _count(self, report: Report, clients: tuple[Salesforce, Partner]) -> None:
        for client in clients:
            report.calls.update(client.transport.calls)
            report.writes.update(client.transport.writes)
        salesforce = clients[0]
        report.limit_used, report.limit_max = salesforce.limit_used, salesforce.limit_max
        assert set(report.calls) <= {client.name for client in clients}, Counter(report.calls)

    def _clients(self) -> tuple[Salesforce, Partner]:
        options = self.config.options
        salesforce = Salesforce(
            self.config.salesforce,
            session=self._session,
            clock=self._clock,
            attempts_max=options.retry_attempts_max,
            calls_reserved=options.sf_calls_reserved,
        )
        more = {"account_field": options.account_id_field} if options.account_id_field else {}
        partner = SIDES[self.config.profile.name](
            self.config.partner,
            session=self._session,
            clock=self._clock,
            attempts_max=options.retry_attempts_max,
            **more,
        )
        return salesforce, partner

    def _tell_of_failures(self, scope: Scope, state: State, report: Report) -> None:
        """What failed, where the partner shows it (rule M27); one that cannot be told is no failure of the run."""
        try:
            scope.ended(state, report)
        except (RunStopped, RecordRefused) as error:
            report.note(f"{report.partner} was not told of what failed: {error}")

    def _scope(self, clients: tuple[Salesforce, Partner]) -> Scope:
        """What the partner's own settings leave out, as they are now."""
        salesforce, partner = clients
        if isinstance(partner, Marketo):
            return ReminderScope(partner, self.config.options, salesforce.me)
        return Everybody()

    def _engine(self, report: Report, state: State, clients: tuple[Salesforce, Partner] | None = None) -> Engine:
        salesforce, partner = clients or self._clients()
        return Engine(
            config=self.config,
            state=state,
            salesforce=salesforce,
            partner=partner,
            clock=self._clock,
            report=report,
        )


def _act(actor: Actor, plans: list[Plan], stopped: str) -> None:
    """Carry out what the brake and the day's calls allow. Raises RunStopped when that is not everything."""
    if stopped:
        raise RunStopped(stopped)
    done = affordable(plans, actor.calls_left)
    actor.act(plans[:done])
    if done < len(plans):
        fits, all_of_it = (sum(map(writes_to_salesforce, some)) for some in (plans[:done], plans))
        raise RunStopped(
            f"Salesforce's daily calls suffice for {fits} of {all_of_it} records to write there; "
            "the next run continues with the rest"
        )

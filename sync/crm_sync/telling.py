"""The log of conflicts while plans are carried out: who loses stands in it when what overrules it was sent (I5).

Rule 1: a loser is told before it is overwritten: a run that dies in between has lost nothing without a word.
Rule 2: it is taken back when that write was refused, or was never sent because the run ended: its value still stands.
What becomes of a write that nobody answered is not known: there it stays.
Rule 3: once for a decision, however often it is tried: the link's version and the values name it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection

from crm_sync.engine import Engine
from crm_sync.model import SALESFORCE
from crm_sync.plan import Plan, sections_for
from crm_sync.report import Conflict


class Telling:
    """Of the plans of one run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._told: dict[int, list[tuple[str, Conflict]]] = {}
        self._sent: set[tuple[int, str]] = set()  # the plan's `id`, and the replica that it changes

    def tell(self, plan: Plan) -> None:
        """Put the losers of *plan* into the log and the report."""
        link = plan.activity.link
        link = link if link is not None and link.base else None  # one that nothing was agreed on yet is as none
        for conflict in plan.conflicts:
            named = [link.id if link else 0, link.version if link else 0, conflict.as_dict()]
            once = hashlib.sha256(json.dumps(named, default=str).encode()).hexdigest()
            self._engine.state.log_conflict(once, self._engine.clock.now(), conflict)
            self._engine.report.conflicts.append(conflict)
            self._told.setdefault(id(plan), []).append((once, conflict))

    def sent(self, plan: Plan, replica: str) -> None:
        """What *plan* changes on one replica is on its way."""
        self._sent.add((id(plan), replica))

    def refused(self, plan: Plan, replica: str) -> None:
        """It was not taken; what else the plan would have written is not sent, either."""
        self._sent.discard((id(plan), replica))
        self.unsent(plan)

    def unsent(self, plan: Plan) -> None:
        """Nothing more of *plan* is sent: take back whoever was not written over."""
        self._take_back(plan, [one for _, one in self._told.get(id(plan), ()) if not self._stands(plan, one)])

    def held(self, plan: Plan, field: str) -> None:
        """A field of Salesforce's that was refused by itself, by Salesforce's name: the rest of its record goes on."""
        names = {
            mapped.name
            for section in sections_for(plan.activity, self._engine).values()
            for mapped in section.fields
            if mapped.salesforce == field
        }
        told = [one for _, one in self._told.get(id(plan), ())]
        self._take_back(plan, [one for one in told if one.field in names and one.winner != SALESFORCE])

    def _stands(self, plan: Plan, conflict: Conflict) -> bool:
        """Was the write sent that overrules it? One that is not written itself loses by what any other is told."""
        sections = sections_for(plan.activity, self._engine)
        names = {
            name
            for section in sections.values()
            for mapped in section.fields
            for name in (mapped.salesforce, mapped.partner)
            if mapped.name == conflict.field
        }
        written = plan.delete == conflict.loser or bool(names & plan.write.get(conflict.loser, {}).keys())
        return any((id(plan), replica) in self._sent for replica in ([conflict.loser] if written else plan.write))

    def _take_back(self, plan: Plan, conflicts: Collection[Conflict]) -> None:
        told = self._told.get(id(plan), [])
        for once, conflict in [one for one in told if one[1] in conflicts]:
            self._engine.state.forget_conflict(once)
            self._engine.report.conflicts.remove(conflict)
            told.remove((once, conflict))

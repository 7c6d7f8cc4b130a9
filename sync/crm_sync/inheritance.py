"""The switch "Notes to inherit Task sourceId" as a state machine (rules P17-P22).

    event                                    flag becomes
    a configuration that newly meets P17     on            (an edge: not met before, met now)
    a configuration that keeps meeting it    as it was
    a configuration that stops meeting it    as it was     (P22)
    a staff member turns it off              off           (P19)

Source: Planhat help article 14549349; P22 is our decision where it is silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from crm_sync.model import CONVERSATION, TASK, Section


@dataclass(frozen=True)
class Inheritance:
    """*on*: the flag; *met*: did the last saved configuration meet the condition?"""

    on: bool = False
    met: bool = False

    def saved(self, *, met: bool) -> Inheritance:
        """A configuration was saved."""
        return Inheritance(on=self.on or (met and not self.met), met=met)

    def disabled_by_staff(self) -> Inheritance:
        return replace(self, on=False)


def condition_met(sections: Iterable[Section]) -> bool:
    """P17: Salesforce Tasks come into Planhat Tasks, and Conversations go to Salesforce Tasks."""
    known = {(section.model, section.salesforce): section.direction for section in sections}
    task = known.get((TASK, TASK))
    conversation = known.get((CONVERSATION, TASK))
    return bool(task and task.receives and conversation and conversation.sends)

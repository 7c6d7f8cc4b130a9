"""One way through a workflow: from its trigger on, node after node, item after item.

Rule 1 (A3, A6): an item that fails goes to the node's error port and the others go on; each item is one call, in order.
Rule 2 (A22): what was asked once (a meeting, the AI) is not asked again when a run is resumed.
Rule 3 (A27): at the daily limit nothing more is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from crm_sync.actions import expressions
from crm_sync.actions.act import Actor
from crm_sync.actions.document import Node, Workflow
from crm_sync.actions.events import Event
from crm_sync.actions.failures import PERMANENT, STOP, Failure
from crm_sync.actions.meetings import Meetings
from crm_sync.actions.memory import DONE, Memory, Place
from crm_sync.actions.report import FAILED, REFUSED, STOPPED, Outcome, Report
from crm_sync.actions.templates import Templates
from crm_sync.clock import Clock


@dataclass(frozen=True)
class Hands:
    """What a walk works with. *hold* keeps the run ours, or raises."""

    memory: Memory
    clock: Clock
    templates: Templates
    meetings: Meetings
    hold: Callable[[], None]
    instance_url: Callable[[], str]


@dataclass(frozen=True)
class Item:
    """What travels along a connection. *path* is the way it came: the indexes at each select, and joins of
    connections.
    """

    path: tuple[str, ...]
    json: Mapping[str, Any]
    steps: Mapping[str, Any] = field(default_factory=dict)

    def with_output(self, node: Node, output: Mapping[str, Any]) -> Item:
        """The item after *node* gave *output*."""
        return replace(self, json={**self.json, **output}, steps={**self.steps, node.id: dict(output)})


_Emitted = list[tuple[str, int, Item]]


class Walk:
    """One way through a workflow."""

    def __init__(self, workflow: Workflow, event: Event, report: Report, *, actor: Actor, hands: Hands) -> None:
        self._workflow = workflow
        self._event = event
        self._report = report
        self._actor = actor
        self._hands = hands
        self._inboxes: dict[str, list[Item]] = {node.id: [] for node in workflow.nodes}
        self._by_id = {node.id: node for node in workflow.nodes}
        self.unsettled = False

    def go(self) -> None:
        for node in self._workflow.nodes:
            inbox = [Item((), {}, {})] if node.does == "trigger" else self._inboxes[node.id]
            for item in inbox:
                self._deliver(node, self._step(node, item))

    def _deliver(self, node: Node, emitted: _Emitted) -> None:
        for kind, port, item in emitted:
            for n, target in enumerate(node.targets):
                if target[:2] == (kind, port):
                    # Where connections meet, two items may have come the same way: the connection tells them apart.
                    joins = self._workflow.sources(self._by_id[target[2]]) > 1
                    path = (*item.path, f"{node.id}#{n}") if joins else item.path
                    self._inboxes[target[2]].append(replace(item, path=path))

    def _step(self, node: Node, item: Item) -> _Emitted:
        try:
            return self._emitted(node, item)
        except Failure as failure:
            self._report.outcomes.append(self._failed(node, item, failure))
            error = {"message": failure.message, "code": failure.code}
            return [("error", 0, replace(item, json={**item.json, "error": error}))]

    def _failed(self, node: Node, item: Item, failure: Failure) -> Outcome:
        acts = node.does in {"create_task", "update_opportunity"}
        # What had no effect, or may have had one, is looked at again by the next firing.
        settled = failure.kind == PERMANENT and acts and self._actor.settled(self._place(node, item))
        self.unsettled = self.unsettled or not settled
        if failure.kind == STOP:
            status = STOPPED if self._report.stopped else FAILED
            self._report.stopped = f"{failure.code}: {failure.message}; {failure.remedy}"
        else:
            status = REFUSED if settled or (failure.kind == PERMANENT and not acts) else FAILED
        return Outcome(
            node.label,
            _path(item),
            status,
            fields=dict.fromkeys(failure.fields),
            code=failure.code,
            message=failure.message,
            remedy=failure.remedy,
        )

    def _emitted(self, node: Node, item: Item) -> _Emitted:
        names = self._names(item)
        if node.does == "trigger":
            return [("success", 0, replace(item, json={"organizationId": self._event.organization}))]
        if node.does == "sink":
            return []
        if node.does == "if":
            chosen = expressions.evaluate(str(node.parameters["expr"]), names)
            if not isinstance(chosen, bool):
                raise Failure("EXPRESSION_FAILED", f"{node.parameters['expr']!r} is neither true nor false")
            return [("success", 0 if chosen else 1, item)]
        if node.does == "select_many":
            return [("success", 0, one) for one in self._selected(node, item, names)]
        if node.does in {"load_meeting", "ai"}:
            return [("success", 0, item.with_output(node, self._asked(node, item, names)))]
        return self._acted(node, item, names)

    def _names(self, item: Item) -> dict[str, Any]:
        event = self._event
        trigger = event.names
        return {
            "json": item.json,
            "trigger": trigger,
            "steps": item.steps,
            "author": trigger.get("author", {}),
            "organization": {"id": event.organization},
        }

    def _selected(self, node: Node, item: Item, names: Mapping[str, Any]) -> list[Item]:
        rows = expressions.evaluate(str(node.parameters["items"]), names)
        label = node.parameters.get("label")
        if not isinstance(rows, list):
            raise Failure("EXPRESSION_FAILED", f"{node.parameters['items']!r} is no list")
        made = []
        for number, row in enumerate(rows):
            if not label and not isinstance(row, Mapping):
                raise Failure("EXPRESSION_FAILED", f"item {number} is no object; give the select a label")
            added = {label: row} if label else row
            made.append(replace(item, path=(*item.path, str(number)), json={**item.json, **added}))
        return made

    def _asked(self, node: Node, item: Item, names: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a node answers that must not be asked twice: a second answer may have other items in another order."""
        place = self._place(node, item)
        known = self._hands.memory.item(place)
        if known is not None:
            return dict(known.answer)
        output = self._answer(node, item, names)
        if not self._report.dry_run:
            self._hands.memory.note(place, DONE, at=self._hands.clock.now(), answer=output)
        return output

    def _answer(self, node: Node, item: Item, names: Mapping[str, Any]) -> dict[str, Any]:
        if node.does == "load_meeting":
            return self._hands.meetings.load(expressions.evaluate(str(node.parameters["meeting_id"]), names))
        for message in node.parameters["messages"]:
            self._hands.templates.render(str(message.get("content", "")), names)  # it must be a prompt
        meeting = item.json.get("meeting")
        answer = self._hands.meetings.answer(meeting.get("id") if isinstance(meeting, Mapping) else None, node.id)
        return dict(answer) if isinstance(answer, Mapping) else {"output": answer}

    def _acted(self, node: Node, item: Item, names: Mapping[str, Any]) -> _Emitted:
        place = self._place(node, item)
        if not self._report.dry_run:
            self._hands.hold()
        outcome = self._actor.act(node, place, names)
        self._report.outcomes.append(replace(outcome, path=_path(item)))
        self.unsettled = self.unsettled or not self._actor.settled(place)
        return [("success", 0, item.with_output(node, self._output(outcome)))]

    def _place(self, node: Node, item: Item) -> Place:
        return Place(self._report.run, node.id, _path(item))

    def _output(self, outcome: Outcome) -> dict[str, Any]:
        where = self._hands.instance_url()
        if outcome.object == "Task":
            return {
                "status": "created",
                "results": [{"taskId": outcome.record_id, "serviceConfigurationId": where}],
            }
        return {"status": "updated", "results": [{"opportunityId": outcome.record_id, "serviceConfigurationId": where}]}


def _path(item: Item) -> str:
    return ".".join(item.path)

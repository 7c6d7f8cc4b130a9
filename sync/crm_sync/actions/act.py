"""One item of one action: rendered, sent once, remembered, read back.

Rule 1 (A22): what is sent is written down before. An item whose outcome is unknown is looked for before anything is
sent: by its external-id key where the org has such a field, otherwise among the records that this user made since.
Rule 2: what was made is remembered before it is read back, so that nothing that happens later makes it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from crm_sync.actions import inputs, report
from crm_sync.actions.document import Node
from crm_sync.actions.failures import PERMANENT, Failure
from crm_sync.actions.inputs import Write
from crm_sync.actions.memory import DONE, INTENT, MADE, OPEN, REFUSED, Memory, Place, Remembered
from crm_sync.actions.report import Outcome
from crm_sync.actions.salesforce import ATTEMPTS_MAX, Salesforce
from crm_sync.actions.templates import Templates
from crm_sync.clock import Clock

# An upsert that meets its own record is an update, and a Task's subtype cannot be updated: the record is there.
_NOT_UPDATEABLE: Final = "INVALID_FIELD_FOR_INSERT_UPDATE"


class Actor:
    """Carries out the two actions. *external_id_field* names a unique external-id text field of Task, or ""."""

    def __init__(
        self,
        salesforce: Salesforce,
        memory: Memory,
        clock: Clock,
        templates: Templates,
        *,
        external_id_field: str = "",
        skew: timedelta = timedelta(minutes=5),
        blank: str = "send",
        dry_run: bool = False,
    ) -> None:
        self._salesforce = salesforce
        self._memory = memory
        self._clock = clock
        self._templates = templates
        self._external_id_field = external_id_field
        self._skew = skew
        self._blank = blank
        self._dry_run = dry_run

    def act(self, node: Node, place: Place, names: Mapping[str, Any]) -> Outcome:
        """What became of the item. Raises Failure."""
        known = self._memory.item(place)
        if known is not None and known.state == DONE:
            return self._remembered(node, known, names)
        if known is not None and known.state == REFUSED:
            raise Failure(known.answer["code"], known.answer["message"], fields=tuple(known.answer["fields"]))
        try:
            write = self._rendered(node, names)
        except Failure as failure:
            if not self._dry_run:
                self._refuse(place, failure)
            raise
        if not write.fields:
            return _outcome(node, write, report.UNCHANGED, write.record_id)
        if self._dry_run:
            status = report.WOULD_UPDATE if write.record_id else report.WOULD_CREATE
            return _outcome(node, write, status, write.record_id)
        status, record_id = self._written(place, write, known)
        digest = _digest(write)
        self._memory.note(place, MADE, at=self._clock.now(), digest=digest, record_id=record_id)
        not_applied, unread, settled = self._read_back(write, record_id)
        if settled:
            answer = {"status": status, "object": write.object}
            self._memory.note(place, DONE, at=self._clock.now(), digest=digest, record_id=record_id, answer=answer)
        return _outcome(node, write, status, record_id, not_applied=tuple(not_applied), unread=unread)

    def settled(self, place: Place) -> bool:
        """Nothing is left to do for the item: not even to read it back."""
        known = self._memory.item(place)
        return known is None or known.state not in {INTENT, MADE, OPEN}

    def _rendered(self, node: Node, names: Mapping[str, Any]) -> Write:
        if node.does == "create_task":
            return inputs.task(node.parameters, self._templates, names)
        return inputs.opportunity(node.parameters, self._templates, names, blank=self._blank)

    def _refuse(self, place: Place, failure: Failure) -> None:
        told = {"code": failure.code, "message": failure.message, "fields": list(failure.fields)}
        self._memory.note(place, REFUSED, at=self._clock.now(), answer=told)

    def _remembered(self, node: Node, known: Remembered, names: Mapping[str, Any]) -> Outcome:
        try:
            differs = _digest(self._rendered(node, names)) != known.digest
        except Failure:
            differs = True
        told = known.answer["object"]
        return Outcome(node.label, "", report.REMEMBERED, object=told, record_id=known.record_id, differs=differs)

    def _written(self, place: Place, write: Write, known: Remembered | None) -> tuple[str, str]:
        """What was done and the record's id. Raises Failure, with the item noted as it is then."""
        if known is not None and known.state == MADE:
            return (report.UPDATED if write.record_id else report.CREATED), known.record_id
        since = self._clock.now()
        if known is not None and known.state == INTENT:
            since = known.at
            found = self._found(place, write, since)
            if found:
                return report.FOUND, found
        self._memory.note(place, INTENT, at=since, digest=_digest(write))
        doubted = known is not None and known.state == INTENT
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return self._sent(place, write)
            except Failure as failure:
                doubted = doubted or failure.in_doubt or (self._keyed(write) and failure.code == _NOT_UPDATEABLE)
                found = self._found(place, write, since) if doubted else ""
                if found:
                    return report.FOUND, found
                if not failure.in_doubt:
                    self._not_made(place, failure, since)
                    raise
                if not self._keyed(write) or attempt == ATTEMPTS_MAX:
                    raise
            self._salesforce.wait(attempt)
        raise AssertionError("unreachable")

    def _keyed(self, write: Write) -> bool:
        """The creation has a key, so that sending it again cannot make a second record."""
        return bool(self._external_id_field) and not write.record_id

    def _not_made(self, place: Place, failure: Failure, since: datetime) -> None:
        if failure.kind == PERMANENT:
            self._refuse(place, failure)
        else:
            self._memory.note(place, OPEN, at=since)

    def _sent(self, place: Place, write: Write) -> tuple[str, str]:
        if write.record_id:
            self._salesforce.update(write.object, write.record_id, write.fields)
            return report.UPDATED, write.record_id
        if self._keyed(write):
            made = self._salesforce.upsert(write.object, self._external_id_field, place.key, write.fields)
        else:
            made = self._salesforce.create(write.object, write.fields)
        return report.CREATED, made

    def _found(self, place: Place, write: Write, since: datetime) -> str:
        """The record that an earlier sending left, "" when there is none. Raises Failure."""
        if write.record_id:
            return "" if self._salesforce.not_applied(write.object, write.record_id, write.fields) else write.record_id
        if self._keyed(write):
            return self._salesforce.by_external_id(write.object, self._external_id_field, place.key)
        claimed = self._memory.claimed()
        return self._salesforce.look_up(write.object, write.fields, since=since - self._skew, not_these=claimed)

    def _read_back(self, write: Write, record_id: str) -> tuple[list[str], str, bool]:
        """Fields that did not take, why nothing could be read ("": it could), and whether that is the last word."""
        try:
            return self._salesforce.not_applied(write.object, record_id, write.fields), "", True
        except Failure as failure:
            return [], f"{failure.code}: {failure.message}", failure.kind == PERMANENT


def _digest(write: Write) -> str:
    return hashlib.sha256(json.dumps([write.record_id, write.fields], sort_keys=True).encode()).hexdigest()


def _outcome(node: Node, write: Write, status: str, record_id: str, **more: Any) -> Outcome:
    return Outcome(node.label, "", status, object=write.object, record_id=record_id, fields=dict(write.fields), **more)

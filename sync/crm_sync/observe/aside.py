"""Records put aside, in quarantine or waiting, and when each is looked at again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from crm_sync.engine import Engine
from crm_sync.model import Activity, Record, Section
from crm_sync.report import Outcome
from crm_sync.state import Pending

#: When a record is looked at again that waits for a person (rule M27).
NEVER = datetime.max.replace(tzinfo=UTC)
#: What waits for a right; its reason names the fields, by object.
HELD = "held back"
_NO_RIGHT = "the sync's user may not write "


class PutAside:
    """What was put aside when the run began, and what the run puts aside."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        now = engine.clock.now()
        pending = engine.state.pending()
        self.due = [item for item in pending if item.next_at <= now or _may_go_now(engine, item)]
        self._known = {(item.place, item.model, item.record_id): item for item in pending}

    def holds(self, record: Record) -> bool:
        """In quarantine, unchanged since, and not due: leave it alone."""
        item = self._item(record)
        if item is None or item.kind != "quarantine":
            return False
        unchanged = item.changed_at == record.changed_at.isoformat()
        return unchanged and item.next_at > self._engine.clock.now()

    def has(self, place: str, model: str, record_id: str) -> bool:
        """Was it put aside, whether it is due or not?"""
        return (place, model, record_id) in self._known

    def holds_back(self, model: str, record_id: str) -> bool:
        """Does one of the partner's records wait for a right to write what it says?"""
        item = self._known.get((self._engine.partner.name, model, record_id))
        return item is not None and item.kind == HELD

    def reason(self, record: Record) -> str:
        """Why *record*, which `holds`, was put aside."""
        item = self._item(record)
        assert item is not None
        return item.reason

    def _item(self, record: Record) -> Pending | None:
        return self._known.get((record.place, record.model, record.id))

    def look_again(self, place: str, model: str, record_id: str, reason: str) -> None:
        """Read a record in this run that no scan may show; in the next one, if this one breaks off."""
        self.due.append(read_next(self._engine, place, model, record_id, reason))

    def quarantine(self, record: Record, section: Section, reason: str, *, kind: str = "quarantine") -> None:
        """Put one record aside, and say so in the report."""
        label = f"{record.place} {record.model} {record.id}"
        self._engine.report.section(section.key).add(label, Outcome.QUARANTINED, reason)
        put_aside(self._engine, record, reason, kind=kind)

    def quarantine_all(self, activity: Activity, reason: str) -> None:
        """Put every record of the partner's aside that *activity* has. Each is read in every run: the record that it
        names may show itself in any, and must not pass for one that nobody names (I3).
        """
        kind = "waiting" if self._engine.scope.retries(reason) else "quarantine"
        for model, record in activity.partners.items():
            section = self._engine.section_of(model, activity.sf_object)
            if section is not None:
                self.quarantine(record, section, reason, kind=kind)


def read_next(engine: Engine, place: str, model: str, record_id: str, reason: str) -> Pending:
    """Remember to read a record, whatever it says."""
    now = engine.clock.now()
    item = Pending(place, model, record_id, kind="waiting", reason=reason, attempts=1, next_at=now, changed_at="")
    engine.state.set_pending(item)
    return item


def put_aside(engine: Engine, record: Record, reason: str, *, kind: str) -> None:
    """Remember to look at a record again: at once the first two times, then ever later (F65)."""
    known = engine.state.pending_item(record.place, record.model, record.id)
    attempts = (known.attempts if known and known.kind == kind else 0) + 1
    retried = kind == "waiting" or engine.scope.retries(reason)
    minutes = 0 if kind == "waiting" or attempts <= 2 else min(2 ** (attempts - 2), 24 * 60)
    engine.state.set_pending(
        Pending(
            place=record.place,
            model=record.model,
            record_id=record.id,
            kind=kind,
            reason=reason,
            attempts=attempts if kind == "quarantine" else 1,
            next_at=engine.clock.now() + timedelta(minutes=minutes) if retried else NEVER,
            changed_at=record.changed_at.isoformat(),
        )
    )


def _fields(item: Pending) -> list[str]:
    return item.reason.removeprefix(_NO_RIGHT).split(", ")


def _may_go_now(engine: Engine, item: Pending) -> bool:
    return item.kind == HELD and any(engine.may_write(one) for one in _fields(item))


def looked_at(engine: Engine, record: Record, sf_object: str, held: Collection[str]) -> None:
    """A record is put aside no longer, unless fields *held* of the object wait for the right to be written: it is read
    again when the right is there, for no scan shows it then.
    """
    state = engine.state
    known = state.pending_item(record.place, record.model, record.id)
    before = set(_fields(known)) if known is not None and known.kind == HELD else set()
    others = {one for one in before if not one.startswith(f"{sf_object}.") and not engine.may_write(one)}
    waiting = {f"{sf_object}.{name}" for name in held} | others
    if not waiting:
        state.clear_pending(record.place, record.model, record.id)
    elif waiting != before:
        reason = _NO_RIGHT + ", ".join(sorted(waiting))
        item = Pending(record.place, record.model, record.id, HELD, reason, attempts=1, next_at=NEVER, changed_at="")
        state.set_pending(item)

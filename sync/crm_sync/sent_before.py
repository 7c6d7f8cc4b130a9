"""What an earlier run sent that this memory knows nothing of (F13).

Most partners' records carry the Salesforce id, so that a lost link is rebuilt from them. One that has no place for it,
as Totango's campaign touches, or whose place holds a key of the customer's own, is looked for by its own id in
Salesforce: in the unique external-id field, where the org has one, or where a mapped field holds it (T30).
Without either it is known by its link alone, and sent again once that is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from crm_sync.engine import Engine, external_id_field
from crm_sync.model import Record, Section
from crm_sync.record_ids import external_key
from crm_sync.sides.salesforce import quoted

VALUES_IN_QUERY_MAX = 200


def sent_before(engine: Engine, section: Section, records: Iterable[Record]) -> dict[str, Record]:
    """The Salesforce record that each of the partner's *records* was sent to, by its own id; deleted ones included.

    Of several the oldest that is still there; what belongs to a link is somebody else's.
    """
    found: dict[str, Record] = {}
    wanted = {record.id for record in records}
    for field, keys in _places(engine, section, wanted):
        rows = sorted(_rows(engine, section.salesforce, field, keys), key=lambda row: row.deleted)  # else oldest first
        for row in rows:
            record_id = keys.get(str(row.get(field) or ""))  # SOQL does not tell upper from lower case
            if record_id is not None and engine.state.link_of_salesforce(row.model, row.id) is None:
                found.setdefault(record_id, row)
    return found


def _places(engine: Engine, section: Section, record_ids: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The fields that may hold a record's own id, and what they hold -> the id."""
    ids = sorted(record_ids)
    known = engine.sobject(section.salesforce).fields
    name = external_id_field(engine, section.model, section.salesforce)
    if name in known and known[name].external_id:
        yield name, {external_key(section.model, one): one for one in ids}
    own = engine.profile.raw["partner"].get("own_id")
    for mapped in section.fields:
        if own and mapped.partner == own and known[mapped.salesforce].type == "string":
            yield mapped.salesforce, {one: one for one in ids}


def _rows(engine: Engine, sf_object: str, field: str, keys: Mapping[str, str]) -> Iterator[Record]:
    values = list(keys)
    for start in range(0, len(values), VALUES_IN_QUERY_MAX):
        listed = ", ".join(quoted(one) for one in values[start : start + VALUES_IN_QUERY_MAX])
        yield from engine.salesforce.where(sf_object, engine.select(sf_object), f"{field} IN ({listed})")

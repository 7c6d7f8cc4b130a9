"""One request's reads and writes: everything is read once, everything changed is written once, at the end.

Rule 1: an operation sees its own writes: a second item of a bulk call finds what the first one made.
Rule 2: look-ups may be announced (`expect`), so that 5,000 items cost a handful of statements, not 5,000.
Rule 3: nothing is written before `flush`.
Rule 4: what every record was before and is now is kept (`changes`): automations start on it once it is committed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from fake_planhat.models.model import Document
from fake_planhat.store import COLLECTIONS, NO_LIMIT, Collection, Query

COLUMNS = ("sourceId", "externalId", "email")


class Change(NamedTuple):
    """What a request did to one record: *before* is None for a new one, *after* for one that is gone."""

    model: str
    before: Document | None
    after: Document | None


Originals = dict[tuple[str, str], Document | None]  # by model and _id, in the order of their first change


def _looked_up(document: Document, key: str) -> str | None:
    """What *document* is found by under *key*: a text. In a model without types another value may stand there."""
    value = document.get(key)
    return value if isinstance(value, str) else None


class Rows:
    """One collection as this request sees it. Documents are values: replace them with `put`, never change them."""

    def __init__(self, connection: sa.Connection, collection: Collection, originals: Originals) -> None:
        self._connection = connection
        self._collection = collection
        self._originals = originals
        self._keys = tuple(collection.model.key_of(column) for column in COLUMNS)
        self._documents: dict[str, Document | None] = {}
        self._found: dict[tuple[str, str], list[str]] = {}
        self._inserted: set[str] = set()
        self._updated: set[str] = set()

    def expect(self, key: str, values: Iterable[str]) -> None:
        """Read all records whose *key* is one of *values*, in one go."""
        if key == "_id":
            wanted = [one for one in dict.fromkeys(values) if one not in self._documents]
            for one in wanted:
                self._documents[one] = None
        else:
            wanted = [one for one in dict.fromkeys(values) if (key, one) not in self._found]
            for one in wanted:
                self._found[key, one] = []
        if not wanted:
            return
        for text in self._collection.texts_by(self._connection, key, wanted):
            document = json.loads(text)
            record_id = document["_id"]
            if self._documents.get(record_id) is None:
                self._documents[record_id] = document
            # What this request changed meanwhile is not what the table says.
            seen = self._documents[record_id]
            if key != "_id" and seen is not None and seen.get(key) == document[key]:
                self._found[key, document[key]].append(record_id)

    def get(self, record_id: str) -> Document | None:
        if record_id not in self._documents:
            self.expect("_id", [record_id])
        return self._documents[record_id]

    def find(self, key: str, value: str) -> list[Document]:
        """The records whose *key* is *value*, lowest `_id` first."""
        if key == "_id":
            document = self.get(value)
            return [] if document is None else [document]
        if (key, value) not in self._found:
            self.expect(key, [value])
        documents = (self._documents[one] for one in self._found[key, value])
        return [one for one in documents if one is not None]

    def put(self, document: Document, *, new: bool) -> None:
        """Insert or replace *document*; later look-ups see it."""
        record_id = document["_id"]
        self._originals.setdefault((self._collection.model.name, record_id), self._documents.get(record_id))
        before = self._documents.get(record_id) or {}
        for key in self._keys:
            old, now = _looked_up(before, key), _looked_up(document, key)
            if old == now:
                continue
            if old and record_id in self._found.get((key, old), ()):
                self._found[key, old].remove(record_id)
            if now and (key, now) not in self._found:
                self.expect(key, [now])
            if now:
                self._found[key, now].append(record_id)
        self._documents[record_id] = document
        if new:
            self._inserted.add(record_id)
        elif record_id not in self._inserted:
            self._updated.add(record_id)

    def forget(self, record_id: str) -> None:
        """*record_id* is gone from the table."""
        self._documents[record_id] = None

    def discard(self, document: Document) -> None:
        """Forget *document*, which was put as new."""
        record_id = document["_id"]
        for key in self._keys:
            if record_id in self._found.get((key, _looked_up(document, key) or ""), ()):
                self._found[key, document[key]].remove(record_id)
        self._documents[record_id] = None
        self._inserted.remove(record_id)
        del self._originals[self._collection.model.name, record_id]

    def flush(self) -> None:
        """Write what was put."""
        documents: Any = self._documents
        collection = self._collection
        collection.insert(self._connection, [documents[one] for one in sorted(self._inserted)])
        collection.update(self._connection, [documents[one] for one in sorted(self._updated)])
        self._inserted.clear()
        self._updated.clear()


class Work:
    """The collections one request touches, by model name."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._rows: dict[str, Rows] = {}
        self._originals: Originals = {}
        self._domains: dict[str, Document | None] = {}
        self._custom_fields: dict[str, frozenset[str]] = {}

    def __getitem__(self, model: str) -> Rows:
        if model not in self._rows:
            self._rows[model] = Rows(self.connection, COLLECTIONS[model], self._originals)
        return self._rows[model]

    def company_of_domain(self, domain: str) -> Document | None:
        """The company that has *domain* (lower case) among its `domains`, if any."""
        if domain not in self._domains:
            text = COLLECTIONS["Company"].by_member(self.connection, domain)
            self._domains[domain] = json.loads(text) if text else None
        return self._domains[domain]

    def remove(self, model: str, document: Document) -> int:
        """Delete a record now; how many there were."""
        count = COLLECTIONS[model].delete(self.connection, document["_id"])
        if count:
            self._originals[model, document["_id"]] = document
            self[model].forget(document["_id"])
        return count

    def changes(self) -> list[Change]:
        """What has been put and removed so far, in that order."""
        return [
            Change(model, before, self._rows[model].get(record_id))
            for (model, record_id), before in self._originals.items()
        ]

    def custom_fields(self, parent: str) -> frozenset[str]:
        """The names of the custom fields defined on *parent*, a model in lower case."""
        if parent not in self._custom_fields:
            query = Query({}, {"parent": [parent]}, (), "_id", descending=False, limit=NO_LIMIT, offset=0)
            texts = COLLECTIONS["CustomField"].list_texts(self.connection, query)
            self._custom_fields[parent] = frozenset(json.loads(text).get("name") for text in texts)
        return self._custom_fields[parent]

    def flush(self) -> None:
        for rows in self._rows.values():
            rows.flush()

"""A capsule without anybody's words in it: names, e-mails, phone numbers, free text, domains and ids are replaced.

Rule 1: what stays: the structure and the words of operations, settings that are choices, dates and numbers of fields
that hold such, values of the org's picklists, handles like act-1, the names of the vendors' own fields, the people that
every pretended org has. Whatever is not known to be one of these is replaced.
Rule 2: one cipher for the whole file: what was equal is equal, what differed differs, in whichever key it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from crm_contracts.capsules.capsule import Capsule, Customer
from crm_contracts.capsules.intake.phrases import SAID
from crm_contracts.capsules.scrub.cipher import Cipher
from crm_contracts.capsules.scrub.knowledge import Field, Knowledge
from crm_contracts.capsules.scrub.texts import Counts, Texts
from crm_contracts.capsules.scrub.words import plain_words, vocabulary
from crm_contracts.world.ops import Op
from crm_contracts.world.pairs.stage import CONTACTS, PEOPLE
from crm_contracts.world.pairs.stage import CUSTOMERS as PAIR_CUSTOMERS
from crm_contracts.world.stage import CUSTOMERS
from crm_contracts.world.story import counted
from fake_core.errors import MisuseError

__all__ = ["Scrubbed", "scrubbed", "summed"]

#: Handles and people that every pretended org has: nobody's.
OURS = frozenset({*CUSTOMERS, *PAIR_CUSTOMERS, *PEOPLE, *PEOPLE.values(), *CONTACTS, *CONTACTS.values()})
_OWN_FIELD = re.compile(r"(?:Planhat|Totango|Marketo)_(?:\w+_)?I[dD]__c")
_HANDLE = re.compile(r"(?:act|activity|account|company|contact|customer|owner|person|record|task|user)-?\d*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
# In what is told, handles and places in a recording stay; its moments and the intake's phrases do, too, but not in a
# person's own account: there a day can be a birthday.
_NAMED = re.compile(r"\b(?:act-\d{1,6}|(?:entry|exchange|row) \d{1,7})\b")
_TOLD = re.compile(rf"{_NAMED.pattern}|\b{_DAY.pattern}(?!\w)|\b\d\d:\d\d:\d\d\b|{SAID}")
_HANDLES = ("act", "new", "at", "to", "loser", "into", "customer")
_WORDS = ("fault", "vendor", "verb", "object", "side", "section", "ways", "sections", "kind")
_FREE_SETTINGS = ("in_filter", "template")
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'")
_PLACE = re.compile(r"(\{\{\w+\}\})")
_NESTED = frozenset({"id", "_id", "name", "email", "userid", "text", "done", "order"})  # of users, participants, lists
_DIGITS_MAX = 6  # a longer number in a field that nobody knows may be a phone number or an id


@dataclass(frozen=True)
class Scrubbed:
    """The capsule, what was replaced (by kind), and where a credential was blanked."""

    capsule: Capsule
    counts: Counts
    blanked: tuple[str, ...]

    def titled(self, title: str) -> Capsule:
        """The capsule under another title."""
        return replace(self.capsule, title=title)


def scrubbed(capsule: Capsule, knowledge: Knowledge, cipher: Cipher) -> Scrubbed:
    """*capsule* with stand-ins. Raises MisuseError where two of its handles would become one."""
    work = _Scrubbing(capsule, knowledge, cipher)
    made = work.capsule()
    return Scrubbed(made, work.texts.counts, tuple(dict.fromkeys(work.texts.blanked)))


class _Scrubbing:
    def __init__(self, capsule: Capsule, knowledge: Knowledge, cipher: Cipher) -> None:
        self._given = capsule
        self._knowledge = knowledge
        self.texts = Texts(cipher, prefixes=knowledge.prefixes)
        people = [*capsule.people, *capsule.owners]
        names = [
            *(one.name for one in capsule.customers.values()),
            *(each[k] for each in people for k in each if k != "at"),
        ]
        handles = [one for one in capsule.customers if not _ours(one)]
        self._stays = vocabulary() - plain_words([*names, *handles])

    def capsule(self) -> Capsule:
        given = self._given
        return replace(
            given,
            title=self._prose(given.title, "title"),
            saw=self._prose(given.saw, "saw", _NAMED),
            source=self._prose(given.source, "source"),
            questions=tuple(self._prose(one, f"questions {n}") for n, one in enumerate(given.questions, 1)),
            settings={name: self._setting(name, value) for name, value in given.settings.items()},
            task_fields=self._defined(given.task_fields),
            customers=self._distinct(
                {self._handle(name): self._customer(one) for name, one in given.customers.items()}
            ),
            people=tuple(self._person(one, f"people {n}") for n, one in enumerate(given.people, 1)),
            owners=tuple(self._person(one, f"owners {n}") for n, one in enumerate(given.owners, 1)),
            start=tuple(self._op(one, f"start {n}") for n, one in enumerate(given.start, 1)),
            ops=tuple(self._op(one, f"ops {n}") for n, one in enumerate(given.ops, 1)),
            expect={self._handle(name): self._expected(sides, name) for name, sides in given.expect.items()},
            log="",
        )

    def _prose(self, text: str, where: str, kept: re.Pattern[str] = _TOLD) -> str:
        """What is told about the bug: words of this project stay, and what *kept* finds."""
        found, place = [], 0
        for ours in kept.finditer(text):
            found += [self.texts.text(text[place : ours.start()], stays=self._stays, where=where), ours[0]]
            place = ours.end()
        return "".join([*found, self.texts.text(text[place:], stays=self._stays, where=where)])

    def _handle(self, name: str) -> str:
        return name if _ours(name) or not name else self.texts.text(name, kind="handle", where="handles")

    def _distinct(self, customers: dict[str, Customer]) -> dict[str, Customer]:
        if len(customers) != len(self._given.customers):
            raise MisuseError("two customers would get one handle: give them handles like customer-1 first")
        return customers

    def _customer(self, one: Customer) -> Customer:
        where = "customers"
        return replace(
            one,
            name=self.texts.text(one.name, kind="name", where=where),
            id=self.texts.text(one.id, where=where),
        )

    def _person(self, one: Mapping[str, str], where: str) -> dict[str, str]:
        return {
            key: self._handle(value) if key == "at" else self.texts.text(value, kind="name", where=where)
            for key, value in one.items()
        }

    def _op(self, op: Op, where: str) -> Op:
        changes: dict[str, Any] = {}
        side = str(getattr(op, "side", "") or "")
        for one in fields(op):
            value = getattr(op, one.name)
            if one.name == "fields":
                changes[one.name] = self._fields(side, value, f"{where}, fields")
            elif one.name == "settings":
                changes[one.name] = {name: self._setting(name, each) for name, each in value.items()}
            elif one.name in _HANDLES:
                changes[one.name] = self._handle(value)
            elif isinstance(value, str) and one.name not in _WORDS:
                changes[one.name] = self.texts.text(value, where=where)
        return replace(op, **changes)

    def _expected(self, sides: Mapping[str, Any], handle: str) -> dict[str, Any]:
        return {
            side: self._fields(side, wanted, f"expect, {handle}") if isinstance(wanted, Mapping) else wanted
            for side, wanted in sides.items()
        }

    def _fields(self, side: str, values: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {
            self._field_name(side, name): self._value(self._knowledge.of(side, name), value, f"{where}, {name}")
            for name, value in values.items()
        }

    def _field_name(self, side: str, name: str) -> str:
        known = self._knowledge.of(side, name)
        if (known.known and not known.custom) or _OWN_FIELD.fullmatch(name):
            return name
        return self._own_name(name)

    def _own_name(self, name: str) -> str:
        """A field of the customer's own: what makes it a custom one stays."""
        stem, mark = (name[:-3], name[-3:]) if re.fullmatch(r".+__[a-z]", name) else (name, "")
        return self.texts.text(stem, kind="field name", where=name) + mark

    def _value(self, known: Field, value: Any, where: str) -> Any:
        if isinstance(value, Mapping):
            return {
                name if name in _NESTED else self._own_name(name): self._value(Field(known=False), one, where)
                for name, one in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self._value(known, one, where) for one in value]
        if value is None or isinstance(value, bool) or known.kept or value in known.choices or value in OURS:
            return value
        if isinstance(value, (int, float)):
            return self._number(value, known, where)
        if not isinstance(value, str) or (not known.known and _DAY.fullmatch(value)):
            return value
        return self._handle(value) if value in self._given.customers else self.texts.text(value, where=where)

    def _number(self, value: float, known: Field, where: str) -> float:
        """A number in a field of text, or a long one in a field that nobody knows, is a text of digits."""
        if not isinstance(value, int) or (not known.known and len(str(abs(value))) <= _DIGITS_MAX):
            return value
        text = self.texts.text(str(abs(value)), kind="number", where=where)
        return (int(f"1{text[1:]}") if text.startswith("0") else int(text)) * (-1 if value < 0 else 1)

    def _setting(self, name: str, value: Any) -> Any:
        key = name.rpartition(".")[2]
        if key not in _FREE_SETTINGS or not isinstance(value, str):
            return value
        where = f"settings, {name}"
        if key == "in_filter":  # SOQL: what stands in quotes is a value, the rest the query's own words
            return _LITERAL.sub(lambda found: f"'{self._literal(found[1], where)}'", value)
        return "".join(
            one if _PLACE.fullmatch(one) else self.texts.text(one, where=where) for one in _PLACE.split(value)
        )

    def _literal(self, text: str, where: str) -> str:
        choices = {each for one in self._knowledge.salesforce.values() for each in one.choices}
        return text if text in choices else self.texts.text(text, where=where)

    def _defined(self, given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """Custom fields: their names, labels and values are the customer's."""
        made: dict[str, dict[str, Any]] = {}
        for name, one in given.items():
            made[self._own_name(name) if name.endswith("__c") and not _OWN_FIELD.fullmatch(name) else name] = {
                key: self._definition(key, value, name) for key, value in one.items()
            }
        return made

    def _definition(self, key: str, value: Any, name: str) -> Any:
        if key == "type" or isinstance(value, (bool, int, float)) or value is None:
            return value
        if isinstance(value, (list, tuple)):
            return [self._definition(key, one, name) for one in value]
        if isinstance(value, Mapping):
            return {each: self._definition(each, one, name) for each, one in value.items()}
        return self.texts.text(str(value), kind="field name", where=f"org, task_fields, {name}")


def _ours(handle: str) -> bool:
    return handle in OURS or _HANDLE.fullmatch(handle) is not None


def summed(counts: Counts) -> list[str]:
    """What was replaced: `3 names (2 different)`, most first."""
    lines = []
    for kind, found in sorted(counts.items(), key=lambda one: (-sum(one[1].values()), one[0])):
        lines.append(f"{counted(sum(found.values()), kind)} ({len(found)} different)")
    return lines

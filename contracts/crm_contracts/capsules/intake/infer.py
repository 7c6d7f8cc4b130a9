"""From exchanges to what happened: records, deeds of people, runs of the sync, and what remains a question.

Rule 1: reads show what was there; writes of people are operations; writes of the sync are what was observed, no more.
Rule 2: what is not in the recording is asked about, with the number and time of the exchange, and never made up.
Source: issue "Capsules", point 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from crm_contracts.capsules.intake.book import Book
from crm_contracts.capsules.intake.callers import Callers
from crm_contracts.capsules.intake.exchange import RecordedExchange, Tally
from crm_contracts.capsules.intake.facts import Company, Listed, Reading, Seen, Wrote
from crm_contracts.capsules.intake.partners import PARTNER_READERS
from crm_contracts.capsules.intake.phrases import phrase
from crm_contracts.capsules.intake.runs import PAUSE_SECONDS, Run, runs_of, told_by_evidence, trouble
from crm_contracts.capsules.intake.salesforce import SalesforceReader
from crm_contracts.capsules.intake.vocabulary import MODELS
from fake_core.errors import MisuseError

__all__ = ["Told", "chosen_profile", "told_by"]

SKEW_SECONDS_MIN = 5  # what differs less is the way over the wire
_REFUSED = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "404"})


@dataclass
class Told:
    """What a recording tells. *kinds* are faults by the index of the exchange they struck."""

    profile: str
    exchanges: Sequence[RecordedExchange]
    readings: Sequence[Reading]
    runs: Sequence[Run]
    book: Book
    kinds: dict[int, str]
    companies: dict[str, dict[str, Company]] = field(default_factory=dict)
    owners: set[str] = field(default_factory=set)  # Salesforce users whose records are synced (Marketo)
    all_listed: bool = False  # the partner's customers were listed whole
    questions: list[str] = field(default_factory=list)
    unread: dict[tuple[str, str], list[RecordedExchange]] = field(default_factory=dict)  # request or answer, and why

    @property
    def begins(self) -> datetime:
        return self.exchanges[0].at


def chosen_profile(exchanges: Sequence[RecordedExchange], named: str, source: str) -> str:
    """The partner. Raises MisuseError where the recording does not tell, or tells of several."""
    if named:
        return named
    partners = sorted({one.vendor for one in exchanges} - {"salesforce"})
    if len(partners) == 1:
        return partners[0]
    if partners:
        raise MisuseError(f"{source}: requests to {' and '.join(partners)}: say which with --profile")
    if not exchanges:
        raise MisuseError(
            f"{source}: no request to Salesforce, Planhat, Totango or Marketo in it: record the sync's own traffic, or "
            "name its hosts with --host"
        )
    raise MisuseError(
        f"{source}: no request to Planhat, Totango or Marketo in it: name the partner's host with --host HOST=VENDOR, "
        "or say which partner it is with --profile"
    )


def told_by(
    exchanges: Sequence[RecordedExchange],
    *,
    profile: str,
    callers: Callers,
    tally: Tally,
    sync_users: Sequence[str] = (),
    pause_seconds: int = PAUSE_SECONDS,
) -> Told:
    """What *exchanges*, oldest first, tell; each is counted in *tally*. Raises MisuseError for an unknown sync user."""
    kept = _of_profile(exchanges, profile, tally)
    if not kept:
        raise MisuseError(f"no request to Salesforce or {profile.title()} in it")
    callers.choose(sorted({one.who for one in kept if one.who}), sync_users)
    readings = _read(kept)
    whose = _logins_to_their_callers(kept, callers)
    people = {index for index, one in enumerate(kept) if not whose[index] and list(readings[index].writes())}
    sync = {id(one): whose[index] for index, one in enumerate(kept)}
    runs = runs_of(
        kept, is_sync=lambda one: sync[id(one)], by_person=lambda index: index in people, pause_seconds=pause_seconds
    )
    questions: list[str] = []
    ahead = _ahead(kept, questions)
    sync_words = sorted({one.who for index, one in enumerate(kept) if whose[index] and one.who})
    book = Book(
        MODELS[profile],
        ask=questions.append,
        begins=kept[0].at,
        sync_ids=callers.user_ids(sync_words),
        ahead=ahead,
    )
    told = Told(profile, kept, readings, runs, book, {}, questions=questions)
    for index, (one, reading) in enumerate(zip(kept, readings, strict=True)):
        _enter(told, index, one, reading, sync=whose[index], tally=tally)
    _judge_faults(told)
    told.questions += [_of_unread(what, why, every) for (what, why), every in told.unread.items()]
    return told


def _of_unread(what: str, why: str, every: Sequence[RecordedExchange]) -> str:
    """The question about bodies that cannot be read, one for all of one kind."""
    asked = {"request": "What was asked for?", "answer": "What did it say?"}[what]
    others = f" {phrase('more', count=len(every) - 1)}" if len(every) > 1 else ""
    return (
        f"{every[0].where}{others}: the body of the {what} cannot be read: {why}. {asked} "
        "A recording with whole, decoded bodies would tell."
    )


def _of_profile(exchanges: Sequence[RecordedExchange], profile: str, tally: Tally) -> list[RecordedExchange]:
    kept = []
    for one in exchanges:
        if one.vendor in ("salesforce", profile):
            kept.append(one)
        else:
            tally.ignored[f"to {one.vendor.title()}"] += 1
    return kept


def _read(exchanges: Sequence[RecordedExchange]) -> list[Reading]:
    salesforce = SalesforceReader()
    return [
        salesforce.read(one) if one.vendor == "salesforce" else PARTNER_READERS[one.vendor](one) for one in exchanges
    ]


def _logins_to_their_callers(exchanges: Sequence[RecordedExchange], callers: Callers) -> list[bool]:
    """Whether each exchange is the sync's; a log-in is that of whoever calls the same vendor next."""
    found = [callers.is_sync(one.who) for one in exchanges]
    following: dict[str, bool] = {}
    for index in range(len(exchanges) - 1, -1, -1):
        one = exchanges[index]
        if one.who:
            following[one.vendor] = found[index]
        else:
            found[index] = following.get(one.vendor, True)
    return found


def _ahead(exchanges: Sequence[RecordedExchange], questions: list[str]) -> dict[str, float]:
    """How far each vendor's clock is ahead of the recorder's, by the Date of its answers."""
    by_vendor: dict[str, list[float]] = {}
    for one in exchanges:
        if one.ahead is not None:
            by_vendor.setdefault(one.vendor, []).append(one.ahead)
    found = {vendor: median(seconds) for vendor, seconds in by_vendor.items()}
    apart = max(found.values(), default=0.0) - min(found.values(), default=0.0)
    if len(found) > 1 and apart >= SKEW_SECONDS_MIN:
        first = max(found, key=lambda vendor: found[vendor])
        seconds = round(apart)
        questions.append(
            f"The clock of {first.title()} {phrase('ahead', seconds=seconds)}, by the Date of the answers. Does the "
            f"bug need that? Then put {phrase('skew', vendor=first, seconds=seconds)} before the first op."
        )
    return {vendor: seconds for vendor, seconds in found.items() if abs(seconds) >= SKEW_SECONDS_MIN}


def _enter(told: Told, index: int, one: RecordedExchange, reading: Reading, *, sync: bool, tally: Tally) -> None:
    """Write down what one exchange tells, and count it."""
    book = told.book
    known = [fact for fact in reading.facts if isinstance(fact, Company) or book.model(fact.kind) is not None]
    kind = trouble(one, reading) if sync else ""
    for fact in known:
        if isinstance(fact, Wrote):
            book.wrote(one, index, fact, sync=sync)
        elif isinstance(fact, Seen) and fact.id:
            book.seen(one, index, fact)
        elif isinstance(fact, Listed):
            book.listed(one, index, fact)
        elif isinstance(fact, Company):
            told.companies.setdefault(fact.vendor, {})[_company_key(fact)] = fact
    told.all_listed = told.all_listed or reading.companies
    told.owners |= reading.owners
    if kind and kind != "no":
        told.kinds[index] = kind
    word, used = _word(one, reading, known, sync=sync, kind=kind)
    (tally.used if used else tally.ignored)[word] += 1
    for what, why in (("request", one.request_unread), ("answer", one.response_unread)):
        if why:
            told.unread.setdefault((what, why), []).append(one)
    if not one.response_unread and kind == "no":
        named = "refused with a code" if reading.code and reading.code != str(one.status) else "refused"
        told.questions.append(
            f"{one.where}: the sync's request ({reading.verb} {reading.object}) "
            f"{phrase(named, status=one.status, code=reading.code)}. Would it be again? No fault is scripted for it."
        )


def _company_key(fact: Company) -> str:
    return fact.id[:15] if fact.vendor == "salesforce" else fact.id


def _word(
    one: RecordedExchange, reading: Reading, known: Sequence[object], *, sync: bool, kind: str
) -> tuple[str, bool]:
    """What an exchange is counted as, and whether it was of use."""
    writes = [fact for fact in known if isinstance(fact, Wrote)]
    if kind and kind != "no":
        return "faults", True
    if one.response_unread:
        return f"answers that cannot be read: {one.response_unread}", False
    if reading.verb == "login":
        return "log-ins", True
    if reading.left:
        return reading.left, False
    if one.status >= 400 and reading.code not in _REFUSED:
        return "refused", False
    if writes:
        return ("writes of the sync" if sync else "writes of people"), True
    if any(isinstance(fact, Wrote) for fact in reading.facts):
        return "writes of other records", False
    return (
        ("reads", True)
        if reading.verb in ("query", "list", "read", "bulk", "create", "upsert", "update")
        else ("other", False)
    )


def _judge_faults(told: Told) -> None:
    """What became of calls without an answer, as far as the recording shows."""
    for index, kind in list(told.kinds.items()):
        if kind != "?":
            continue
        one, reading = told.exchanges[index], told.readings[index]
        told.kinds[index], sure = told_by_evidence(one, reading, told.book.arrived.get(one.number))
        answer = "no answer" if one.status == 0 else phrase("answered", status=one.status)
        if not sure:
            otherwise = "lost_response" if one.status == 0 else "error_after"
            told.questions.append(
                f"{one.where}: {answer} to the sync's request ({reading.verb} {reading.object}). Was it carried out? "
                f"The file does not show it; if it was, make the fault {told.kinds[index]} a {otherwise}."
            )


def marks(questions: Sequence[str], handles: Mapping[str, str]) -> list[str]:
    """Questions with handles in the place of records' marks."""
    found = []
    for one in questions:
        parts = one.split("\0")
        parts[1::2] = [handles.get(mark, "that is left out") for mark in parts[1::2]]
        found.append("".join(parts))
    return found

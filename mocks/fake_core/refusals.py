"""Refusals from a table: a vendor's errors.toml holds statuses and words, code raises by key, and faults answer by key.

Rule 1: a key without a row is our mistake (AssertionError), never the client's.
Rule 2: of a caller's value an error repeats the beginning only, as JSON; what is ours to say (OURS) it says whole.
Rule 3: a scripted fault that the vendor has no counterpart for is the tester's mistake: it must not pass in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from fake_core.errors import MisuseError, VendorError
from fake_core.fake import FAULT_KEY, Headers
from fake_core.faults import ANSWERED, WITHIN, Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

VALUE_CHARACTERS_MAX = 100
Refusal = tuple[int, Headers, bytes]  # status, headers, body


class TableError(VendorError):
    """One refusal: the *key* of its row in TABLE, and the *words* that fill the row's `text`.

    OURS are the names of words that no caller sent.
    """

    TABLE: ClassVar[Mapping[str, Mapping[str, Any]]]
    OURS: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, key: str, /, **words: Any) -> None:
        row = self.TABLE.get(key)
        assert row is not None, f"{key} is raised but has no row in errors.toml"
        self.key = key
        self.row = row
        self.words = {name: word if name in self.OURS else _short(word) for name, word in words.items()}
        self.status: int = row["status"]
        self.text: str = row["text"].format_map(self.words)
        super().__init__(self.text)


def _short(word: Any) -> str:
    text = word if isinstance(word, str) else json.dumps(word, ensure_ascii=False, default=str)
    return text if len(text) <= VALUE_CHARACTERS_MAX else text[:VALUE_CHARACTERS_MAX] + "..."


class FaultRefusals:
    """Faults that end in an answer, as refusals of the vendor's: *keys* names the row of each kind of fault.

    *refusal* makes the refusal of a key, for the call that was struck. *plays* are the faults within an operation that
    some operation of the vendor's plays. *apis* are rows of the vendor's data: how paths begin, and under `never` the
    faults that mean nothing there.
    """

    def __init__(
        self,
        keys: Mapping[str, str],
        refusal: Callable[[str, WSGIEnvironment], Refusal],
        plays: Collection[str] = (),
        apis: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._keys = dict(keys)
        self._refusal = refusal
        self._plays = frozenset(plays)
        self._never = [(tuple(row["paths"]), frozenset(row["never"])) for row in (apis or {}).values()]

    def strikes(self, fault: Fault, environ: WSGIEnvironment) -> bool:
        """As `fake_core.fake.FaultAnswers` asks. `refuse_foreign_fault` is for what an operation alone can know."""
        path: str = environ["PATH_INFO"]
        return not any(fault.kind in kinds and path.startswith(paths) for paths, kinds in self._never)

    def refuse(self, fault: Fault) -> None:
        """As `fake_core.fake.FaultAnswers` asks."""
        if fault.kind in ANSWERED:
            self._key(fault.kind)
        elif fault.kind in WITHIN - self._plays:
            raise _foreign(fault.kind)

    def _key(self, kind: str) -> str:
        if kind not in self._keys:
            raise MisuseError(f"{kind}: this vendor is not known to have it; there are {', '.join(self._keys)}")
        return self._keys[kind]

    def answer(self, fault: Fault, environ: WSGIEnvironment) -> Refusal:
        """As `fake_core.fake.FaultAnswers` asks."""
        status, headers, body = self._refusal(self._key(fault.kind), environ)
        return status, [*headers, ("Content-Length", str(len(body)))], body


def refuse_foreign_fault(environ: Mapping[str, Any], operation_id: str, plays: Collection[str] = ()) -> None:
    """MisuseError for a fault within the operation that is none of those it *plays*."""
    fault = environ.get(FAULT_KEY)
    if fault is None or fault.kind in plays:
        return
    if fault.kind == "item_refused":
        raise MisuseError(f"{fault.kind}: {operation_id} is no bulk call; address it with verb='bulk', if there is one")
    raise _foreign(fault.kind)


def _foreign(kind: str) -> MisuseError:
    what = "has no bulk calls" if kind == "item_refused" else "locks no rows"
    return MisuseError(f"{kind}: this vendor {what}; use error_after or unavailable instead")

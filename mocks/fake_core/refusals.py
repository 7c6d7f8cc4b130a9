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
from fake_core.faults import Fault

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

    *refuse* makes the refusal of a key, for the call that was struck.
    """

    def __init__(self, keys: Mapping[str, str], refuse: Callable[[str, WSGIEnvironment], Refusal]) -> None:
        self._keys = dict(keys)
        self._refuse = refuse

    def answer(self, fault: Fault, environ: WSGIEnvironment) -> Refusal:
        """As `fake_core.fake.FaultAnswers` asks."""
        if fault.kind not in self._keys:
            raise MisuseError(f"{fault.kind}: this vendor is not known to have it; there are {', '.join(self._keys)}")
        status, headers, body = self._refuse(self._keys[fault.kind], environ)
        return status, [*headers, ("Content-Length", str(len(body)))], body


def refuse_foreign_fault(environ: Mapping[str, Any], operation_id: str, plays: Collection[str] = ()) -> None:
    """MisuseError for a fault within the operation that is none of those it *plays*."""
    fault = environ.get(FAULT_KEY)
    if fault is None or fault.kind in plays:
        return
    if fault.kind == "item_refused":
        raise MisuseError(f"{fault.kind}: {operation_id} is no bulk call; address it with verb='bulk', if there is one")
    raise MisuseError(f"{fault.kind}: this vendor locks no rows; use error_after or unavailable instead")

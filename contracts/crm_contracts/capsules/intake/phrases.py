"""What the intake's questions say with numbers and codes in it: said here, and found again here.

Rule: a question that counts something, or quotes what a vendor answered, takes the words around it from PHRASES. `SAID`
finds each of them in a question, so a capsule that is scrubbed keeps them: nobody's words are in them.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import Final

from crm_contracts.capsules.intake.vocabulary import MODELS
from crm_contracts.traffic.bodies import BASE64_BROKEN, TOO_LARGE

__all__ = ["PHRASES", "SAID", "SLOTS", "phrase"]

PHRASES: Final = {
    "made by the sync": "has {count} {records}, {part} made by the sync",
    "more": "and {count} more like it",
    "further": "{count} further questions",
    "blacked": "{count} texts held what looks like a secret",
    "refused with a code": "was refused: {status} {code}",
    "refused": "was refused: {status}",
    "answered": "an answer {status}",
    "ahead": "is {seconds} s ahead of the other's",
    "skew": "{{op: skew, vendor: {vendor}, seconds: {seconds}}}",
    "broken": BASE64_BROKEN,
    "too large": TOO_LARGE,
}
#: What may stand in a slot. A code has an underscore: a single word in capitals may be a person's.
SLOTS: Final = {
    "count": r"\d{1,5}",
    "part": r"(?:\d{1,5}|all)",
    "records": rf"(?:{'|'.join(sorted({model.word for models in MODELS.values() for model in models.values()}))})s",
    "status": r"\d{3}",
    "code": r"[A-Z]{1,40}(?:_[A-Z]{1,40}){1,9}",
    "seconds": r"-?\d{1,7}",
    "vendor": rf"(?:salesforce|{'|'.join(MODELS)})",
}


def phrase(name: str, **words: object) -> str:
    """The phrase of that name with *words* in its slots."""
    return PHRASES[name].format(**words)


def _pattern(template: str) -> str:
    parts = Formatter().parse(template)
    return "".join(re.escape(text) + (SLOTS[slot] if slot else "") for text, slot, *_ in parts)


#: A regular expression that finds every phrase.
SAID: Final = rf"(?<!\w)(?:{'|'.join(_pattern(one) for one in PHRASES.values())})(?!\w)"

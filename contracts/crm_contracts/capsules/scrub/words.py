"""Words that may stay in what people wrote about a bug: the vocabulary of this project, and words without a content.

Rule: they stay in the title, the customer's account, the source and the questions only, and not if a customer or a
person of the capsule is called so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from crm_contracts.capsules.schema import schema
from crm_contracts.vendors import TITLES
from crm_contracts.world import violations

__all__ = ["plain_words", "vocabulary"]


def plain_words(texts: Iterable[str]) -> frozenset[str]:
    """The words of *texts*, in small letters."""
    return frozenset(word.lower() for text in texts for word in re.findall(r"[^\W\d_]+", text))


@cache
def vocabulary() -> frozenset[str]:
    """Everything that this project says of bugs."""
    ours = [
        files("crm_contracts").joinpath(name).read_text("utf-8")
        for name in ("failure_modes.toml", "capsules/scrub/words.txt")
    ]
    told = [str(getattr(violations, name).__doc__) + name for name in violations.__all__]
    return plain_words([*ours, json.dumps(schema()), *TITLES.values(), *told])

"""Traffic as Pact files (specification v4), for teams that have a broker: one file per consumer and provider.

Rule 1: a file holds no secret; headers that carry them are not written.
Rule 2: interactions that differ in nothing but ids, stamps and secrets are one, and they are sorted: the same calls
give the same file, in whatever order threads sent them.
Rule 3: ids and stamps are matched by their form, everything else by its value. Who wants less writes rules by hand.
Rule 4: a file fits the specification's schema (`schema.json` beside this module), or it is not written.
Source: Pact specification, version 4 (Synchronous/HTTP interactions; matching rules; provider states).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from crm_contracts.pact.interactions import interactions
from crm_contracts.traffic import Call
from crm_contracts.traffic.scrubbed import scrubbed
from fake_core.errors import MisuseError

__all__ = ["faults_of", "pact_of", "write_pact"]


def write_pact(calls: Iterable[Call], consumer: str, folder: Path) -> list[Path]:
    """Write *calls* as one Pact file for each vendor into *folder*, which is made; the files, in order.

    Raises MisuseError where *folder* cannot be written or *consumer* is no name.
    """
    if not consumer.strip():
        raise MisuseError("a Pact file needs a consumer: name who asks (--consumer NAME)")
    clean = scrubbed(calls)
    written = []
    for vendor in sorted({call.vendor for call in clean}):
        path = folder / f"{_file_name(consumer)}-{_file_name(vendor)}.json"
        pact = pact_of([call for call in clean if call.vendor == vendor], consumer, vendor)
        assert not faults_of(pact), faults_of(pact)
        beside = path.with_name(f".{path.name}.new")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(pact, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            raise MisuseError(f"{path}: cannot be written ({error.strerror}): choose another folder") from None
        written.append(path)
    return written


def pact_of(calls: Iterable[Call], consumer: str, provider: str) -> dict[str, Any]:
    """*calls*, scrubbed and all of one vendor, as the data of a Pact file."""
    return {
        "consumer": {"name": consumer},
        "interactions": interactions(calls),
        "metadata": {
            "pactSpecification": {"version": "4.0"},
            "understudy": {"version": version("understudy")},
        },
        "provider": {"name": provider},
    }


def faults_of(pact: Any) -> list[str]:
    """Where *pact* does not fit the schema of Pact v4."""
    return [f"{error.json_path}: {error.message}" for error in _validator().iter_errors(pact)]


@lru_cache(maxsize=1)
def _validator() -> Draft7Validator:
    return Draft7Validator(json.loads(files(__name__).joinpath("schema.json").read_text(encoding="utf-8")))


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "unnamed"

"""Reading the documents: a document as plain data, and its operations as a list.

The YAML reader comes with the `contracts` extra.
"""

from __future__ import annotations

import pickle
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from fake_core.errors import MisuseError

METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Operation:
    """One operation of a document. *grade* and *source* are its evidence; *not_faked* says why it answers 501,
    *stand_in* what it stands in for where the vendor's own API is not known.
    """

    vendor: str
    operation_id: str
    method: str
    path: str
    grade: str
    source: str
    not_faked: str | None = None
    stand_in: str | None = None


def load(vendor: str) -> dict[str, Any]:
    """The document of *vendor*. Raises MisuseError when the YAML reader is not installed."""
    try:
        yaml = import_module("yaml")
    except ImportError:
        raise MisuseError("the OpenAPI documents need PyYAML: pip install 'understudy[contracts]'") from None
    ours = files("crm_contracts.openapi").joinpath(f"{vendor}.yaml")
    place = ours if ours.is_file() else files(f"fake_{vendor}").joinpath("openapi.yaml")
    document: dict[str, Any] = pickle.loads(_parsed(yaml, place.read_text(encoding="utf-8")))  # noqa: S301 - just dumped
    return document


@lru_cache(maxsize=8)
def _parsed(yaml: Any, text: str) -> bytes:
    """A document pickled: everybody gets one of their own, and YAML is read a hundred times slower."""
    return pickle.dumps(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def operations(vendor: str, document: dict[str, Any] | None = None) -> list[Operation]:
    """Every operation of *vendor*'s document, in the document's order."""
    paths = (document or load(vendor))["paths"]
    return [
        Operation(
            vendor=vendor,
            operation_id=row["operationId"],
            method=method.upper(),
            path=path,
            grade=row["x-evidence"]["grade"],
            source=row["x-evidence"]["source"],
            not_faked=row.get("x-not-faked"),
            stand_in=row.get("x-stand-in"),
        )
        for path, item in paths.items()
        for method, row in item.items()
        if method in METHODS
    ]


def template(rule: str) -> str:
    """A Flask rule as an OpenAPI path: `<any(u, c):api>` and `<path:value>` become `{api}` and `{value}`."""
    return re.sub(r"<(?:[^:<>]+:)?([a-z_]+)>", r"{\1}", rule)

"""A pytest plugin: one module of crm_sync is loaded from another source than its file.

`MUTATED_MODULE` names it, `MUTATED_SOURCE` is the file with that source. For mutations of what runs when it is loaded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

__all__: list[str] = []


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        assert fullname == os.environ["MUTATED_MODULE"]
        return compile(Path(os.environ["MUTATED_SOURCE"]).read_text(encoding="utf-8"), self.path, "exec")


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != os.environ["MUTATED_MODULE"]:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        assert spec.origin is not None
        spec.loader = _Loader(fullname, spec.origin)
        return spec


assert os.environ["MUTATED_MODULE"] not in sys.modules, "it is loaded already"
sys.meta_path.insert(0, _Finder())

"""Putting a bug into running code, and taking it out again.

Rule 1: a function is compiled anew in its own module from its own source; every module of its package that holds the
old one gets the new one. Afterwards everything is as it was, whatever happened in between.
Rule 2: all modules of the package are loaded first: one that is loaded later would keep the bug.
Rule 3: what the package's modules remember was worked out with other code: it is forgotten at both ends.
Rule 4: a place that is not there any more is told as such (`TargetGone`): who changed the engine changes the bug, too.
"""

from __future__ import annotations
import __future__

import inspect
import pkgutil
import re
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from functools import _lru_cache_wrapper, cache
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from crm_contracts.world.mutants.model import Mutant, Patch, Row, Text, Value

__all__ = ["TargetGone", "planted"]


class TargetGone(Exception):
    """The place where a bug is to be planted is not there any more."""


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """The bug is there until the block ends."""
    with ExitStack() as undoing:
        for patch in mutant.patches:
            undoing.enter_context(_patched(patch))
        yield


_SOURCES: WeakKeyDictionary[FunctionType, str] = WeakKeyDictionary()  # of planted functions: two bugs in one place


@contextmanager
def _patched(patch: Patch) -> Iterator[None]:
    module, holder, name = _resolved(patch.target)
    old = inspect.getattr_static(holder, name)
    new = _instead(patch, old, module)
    places: list[tuple[Any, str]] = [(holder, name)]
    if isinstance(holder, ModuleType) and not isinstance(patch, Value):  # under whatever name it was imported
        places = [(one, key) for one in _modules(patch.target) for key, value in vars(one).items() if value is old]
    elif isinstance(holder, ModuleType):
        places = [(one, name) for one in _modules(patch.target) if name in vars(one)]
    before = [inspect.getattr_static(*place) for place in places]
    if hasattr(new, "__set_name__"):
        new.__set_name__(holder, name)
    for place in places:
        setattr(*place, new)
    _forget(patch.target)
    try:
        yield
    finally:
        for place, was in zip(places, before, strict=True):
            setattr(*place, was)
        _forget(patch.target)


def _forget(target: str) -> None:
    """Empty the package's caches of answers; one without a bound holds what is made once."""
    for module in _modules(target):
        for one in list(vars(module).values()):
            if isinstance(one, _lru_cache_wrapper) and one.cache_parameters()["maxsize"] is not None:
                one.cache_clear()


def _resolved(target: str) -> tuple[ModuleType, Any, str]:
    """The module, what holds the last name, and that name."""
    _load(target.partition(".")[0])
    parts = target.split(".")
    for n in range(len(parts) - 1, 0, -1):
        module = sys.modules.get(".".join(parts[:n]))
        if module is None:
            continue
        holder: Any = module
        for part in parts[n:-1]:
            holder = getattr(holder, part, None)
        if holder is None or not hasattr(holder, parts[-1]):
            break
        return module, holder, parts[-1]
    raise TargetGone(f"there is no {target} any more: change the planted bug")


@cache
def _load(package: str) -> None:
    """Load all modules of a package but the ones that run."""
    root = import_module(package)
    for one in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not one.name.endswith("__main__"):
            import_module(one.name)


def _modules(target: str) -> list[ModuleType]:
    package = target.partition(".")[0]
    return [one for name, one in list(sys.modules.items()) if name == package or name.startswith(f"{package}.")]


def _instead(patch: Patch, old: Any, module: ModuleType) -> Any:
    if isinstance(patch, Value):
        return patch.value
    if isinstance(patch, Row):
        return _with_row(patch, old)
    return _recompiled(patch, old, module)


def _with_row(patch: Row, old: Any) -> Any:
    """A copy of the table of verdicts in which a row says something else."""
    new = copy(old)
    action = type(old.answers[0].action)(patch.action)
    new.answers = [one._replace(action=action) if one.reason == patch.reason else one for one in old.answers]
    if new.answers == old.answers:
        raise TargetGone(f"no row of {patch.target} says {patch.reason!r} any more: change the planted bug")
    return new


def _recompiled(patch: Text, old: Any, module: ModuleType) -> Any:
    function = _function(old)
    if function is None:
        raise TargetGone(f"{patch.target} is no function any more: change the planted bug")
    source = _SOURCES.get(function) or textwrap.dedent(inspect.getsource(function))
    edited = _edited(source, patch)
    # `super()` wants a cell of that name, as a class body gives it.
    text = "def factory(__class__):\n" + textwrap.indent(edited, "    ") + f"\n    return {function.__name__}\n"
    flags = __future__.annotations.compiler_flag
    made: dict[str, Any] = {}
    exec(compile(text, f"<{patch.target}, planted>", "exec", flags=flags), vars(module), made)  # noqa: S102 - our own text
    known = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    if set(known) - {"__class__"}:
        raise TargetGone(f"{patch.target} is a closure: plant the bug elsewhere")
    new = made["factory"](known["__class__"].cell_contents if known else None)
    planted_function = _function(new)
    assert planted_function is not None
    _SOURCES[planted_function] = edited
    return new


def _function(old: Any) -> FunctionType | None:
    """The plain function in a property, a static method, a cached one, or a decorated one."""
    for name in ("fget", "func", "__func__"):
        old = getattr(old, name, None) or old
    old = inspect.unwrap(old) if callable(old) else old
    return old if isinstance(old, FunctionType) else None


def _edited(source: str, patch: Text) -> str:
    if not patch.old:
        head = re.search(r":\n(    \"\"\".*?\"\"\"\n)?", source, re.DOTALL)
        assert head is not None
        body = textwrap.indent(patch.new, "    ")
        return f"{source[: head.end()]}{body}\n{source[head.end() :]}"
    pattern = re.compile(r"\s+".join(map(re.escape, patch.old.split())))
    times = len(pattern.findall(source))
    if times != 1:
        raise TargetGone(f"{patch.target} says {patch.old!r} {times} times, not once: change the planted bug")
    return pattern.sub(lambda _found: patch.new, source)

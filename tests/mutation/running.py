"""Running tests against mutations, each in a child forked off a session that has collected them all.

Rule 1: nothing is edited on disk. A mutation of functions is put into the child's own functions; one of what runs when
a module is loaded needs a process of its own (`loaded.py`).
Rule 2: which tests reach which line is traced first, without a mutation; then all must be green.
Rule 3: a mutation meets the tests that reach its lines, the quick ones first, and before them those that have already
killed one in the same function. *budget* is what they may take together, measured without a mutation.
Rule 4: a child may use several times what its tests need; one that does not end is killed, and so is its mutation.
"""

from __future__ import annotations

import ast
import gc
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import coverage
import pytest
from _pytest.runner import runtestprotocol
from tests.mutation.mutations import Mutation

__all__ = ["Outcome", "Reach", "Session"]

CPU_TIMES, CPU_SECONDS_MORE = 6, 20
MEMORY_BYTES_MAX = 4 << 30
#: A child that waits for something uses no CPU: so many times its share of it by the wall, and it is given up.
WALL_TIMES = 30
TRACING_SECONDS_MAX = 3_600


@dataclass(frozen=True)
class Outcome:
    mutation: Mutation
    killed: bool
    by: str  # the test that died; "no end"; for a survivor what was tried


@dataclass
class Reach:
    """What tests reach: *lines* maps (module, line) to tests, *seconds* a test to its CPU time, *red* are not green."""

    lines: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    seconds: dict[str, float] = field(default_factory=dict)
    red: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        lines = [(module, line, sorted(tests)) for (module, line), tests in self.lines.items()]
        path.write_text(json.dumps({"seconds": self.seconds, "red": self.red, "lines": lines}), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Reach:
        reach = cls()
        reach.add(json.loads(path.read_text(encoding="utf-8")))
        return reach

    def add(self, traced: Mapping[str, Any]) -> None:
        """What a share of the tests reached."""
        self.seconds |= traced["seconds"]
        self.red += traced["red"]
        for module, line, tests in traced["lines"]:
            self.lines[module, line] |= set(tests)

    def tests(self, mutation: Mutation, statement: Iterable[int], function: Iterable[int]) -> set[str]:
        """Those that run its statement; of what runs only when the module is loaded, those that run the function."""
        found = {test for line in statement for test in self.lines.get((mutation.module, line), ())}
        if found and mutation.inside:
            return found
        if mutation.function:
            return found | {test for line in function for test in self.lines.get((mutation.module, line), ())}
        return set(self.seconds)


def spans(source: str, lines: tuple[int, int], function: str) -> tuple[range, range]:
    """The lines of the statement that holds *lines* (of a compound one its head), and those of the function."""
    tree = ast.parse(source)
    statement = range(lines[0], lines[1] + 1)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= lines[0] <= (node.end_lineno or 0):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            if lines[0] <= max(last, node.lineno):
                statement = range(node.lineno, max(last, node.lineno) + 1)
    body = tree.body
    whole = range(1, len(source.splitlines()) + 1)
    for name in filter(None, function.split(".")):
        found = next(one for one in body if getattr(one, "name", "") == name)
        assert isinstance(found, ast.FunctionDef | ast.ClassDef)
        whole, body = range(found.lineno, (found.end_lineno or 0) + 1), found.body
    return statement, whole


class Session:
    """pytest has collected; each of these runs in a child and leaves nothing behind."""

    def __init__(self, items: Sequence[pytest.Item], modules: Mapping[str, ModuleType], *, jobs: int) -> None:
        gc.collect()
        gc.freeze()  # or each child looks through all of it for garbage, in whichever test that falls
        self._items = {item.nodeid: item for item in items}
        self._modules = modules
        self._jobs = jobs

    def trace(self, told: Callable[[int], None]) -> Reach:
        """Run everything once, without a mutation."""
        reach = Reach()
        names = list(self._items)
        shares = [names[n :: self._jobs * 8] for n in range(self._jobs * 8)]
        todo = ((share, partial(self._traced, share), TRACING_SECONDS_MAX) for share in shares if share)
        for _, answer in self._forked(todo):
            assert not isinstance(answer, str), f"a share of the tests {answer} without any mutation"
            reach.add(answer)
            told(len(answer["seconds"]))
        return reach

    def _traced(self, names: Sequence[str]) -> dict[str, Any]:
        files = {str(Path(str(module.__file__))): name for name, module in self._modules.items()}
        measured = coverage.Coverage(data_file=None, include=list(files), config_file=False)
        measured.set_option("run:disable_warnings", ["no-data-collected"])
        measured.start()
        seconds, red = {}, []
        for name, following in zip(names, [*names[1:], None], strict=True):
            measured.switch_context(name)
            before = os.times()
            if not self._green(name, following):
                red.append(name)
            after = os.times()
            seconds[name] = after.user + after.system - before.user - before.system
        measured.stop()
        lines = [
            (files[file], line, tests)
            for file in measured.get_data().measured_files()
            for line, tests in measured.get_data().contexts_by_lineno(file).items()
        ]
        return {"seconds": seconds, "red": red, "lines": lines}

    def run(self, chosen: Iterable[tuple[Mutation, Sequence[str], float]]) -> Iterator[Outcome]:
        """Each mutation against its tests, in order; the number is the CPU time they need without one."""
        todo = (
            (one, partial(self._met, one, tests), CPU_SECONDS_MORE + CPU_TIMES * seconds)
            for one, tests, seconds in chosen
        )
        for one, answer in self._forked(todo):
            if isinstance(answer, str):
                yield Outcome(one, killed=True, by=answer)
            else:
                yield Outcome(one, killed=bool(answer["by"]), by=answer["by"] or f"{answer['tests']} tests")

    def _met(self, mutation: Mutation, tests: Sequence[str]) -> dict[str, Any]:
        if not mutation.inside:
            return _loaded_anew(mutation, tests)
        put_in(self._modules[mutation.module], mutation.source)
        for name, following in zip(tests, [*tests[1:], None], strict=True):
            if not self._green(name, following):
                return {"by": name}
        return {"by": "", "tests": len(tests)}

    def _green(self, name: str, following: str | None) -> bool:
        reports = runtestprotocol(self._items[name], nextitem=self._items.get(following or ""), log=False)
        return not any(report.failed for report in reports)

    def _forked(self, todo: Iterable[tuple[Any, Callable[[], Any], float]]) -> Iterator[tuple[Any, Any]]:
        """Do each in a child, some at a time; what it answers, or how it died."""
        running: dict[int, tuple[Any, int]] = {}
        waiting = iter(todo)
        more = True
        try:
            while more or running:
                while more and len(running) < self._jobs:
                    one = next(waiting, None)
                    if one is None:
                        more = False
                        break
                    what, do, seconds = one
                    pipe, child = _child(do, seconds)
                    running[pipe] = what, child
                ready, _, _ = select.select(list(running), [], []) if running else ([], [], [])
                for pipe in ready:
                    what, child = running.pop(pipe)
                    with os.fdopen(pipe) as told:
                        text = told.read()
                    _, status = os.waitpid(child, 0)
                    answer = json.loads(text) if text else _death(status)
                    if isinstance(answer, dict) and "error" in answer:
                        raise RuntimeError(f"our own mistake in a child:\n{answer['error']}")
                    yield what, answer
        finally:
            for pipe, (_, child) in running.items():
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                os.close(pipe)


def _loaded_anew(mutation: Mutation, tests: Sequence[str]) -> dict[str, Any]:
    """In a process of its own, which loads the mutated module from the start."""
    source = Path(os.environ["PYTEST_DEBUG_TEMPROOT"]) / f"{mutation.module}.py"
    source.write_text(mutation.source, encoding="utf-8")
    told = os.environ | {"MUTATED_MODULE": f"crm_sync.{mutation.module}", "MUTATED_SOURCE": str(source)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "--hypothesis-profile=ci",
        "-p",
        "tests.mutation.loaded",
        *tests,
    ]
    ended = subprocess.run(command, env=told, check=False, stdin=subprocess.DEVNULL)
    return {"by": "the tests in a process of their own" if ended.returncode else "", "tests": len(tests)}


def _death(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return "no end" if -code in {signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL} else f"died: {code}"


def _child(do: Callable[[], Any], seconds: float) -> tuple[int, int]:
    """Fork; the child does it within *seconds* of CPU, answers in JSON and ends."""
    read, write = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child:
        os.close(write)
        return read, child
    status = 1
    try:
        os.close(read)
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 10))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(int(seconds * WALL_TIMES))
        folder = tempfile.mkdtemp()
        os.environ["PYTEST_DEBUG_TEMPROOT"] = folder
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            answer = json.dumps(do()).encode()
        except Exception:  # noqa: BLE001 - told by the parent, whatever it is
            answer = json.dumps({"error": traceback.format_exc()}).encode()
        shutil.rmtree(folder, ignore_errors=True)
        with os.fdopen(write, "wb") as told:
            told.write(answer)
        status = 0
    finally:
        os._exit(status)  # nothing of the parent's may run here: no exit handlers, no flushing of its buffers


def put_in(module: ModuleType, source: str) -> None:
    """Give the functions of a loaded module, and of its classes, the code that they have in *source*."""
    codes = dict(_functions(compile(source, str(module.__file__), "exec")))
    for function in _held(module):
        new = codes[function.__qualname__]
        if new != function.__code__:
            function.__code__ = new


def _functions(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            if one.co_flags & 0x1:  # CO_OPTIMIZED: a function, not a class
                yield one.co_qualname, one
            else:
                yield from _functions(one)


def _held(module: ModuleType) -> Iterator[FunctionType]:
    """The functions written in a module, those of its classes included; not those that dataclasses make."""
    classes = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
    for holder in (module, *classes):
        for value in vars(holder).values():
            plain = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
            if isinstance(plain, FunctionType) and plain.__code__.co_filename == module.__file__:
                yield plain

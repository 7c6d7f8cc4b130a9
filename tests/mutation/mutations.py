"""Every mutation that cosmic-ray makes of a module, each with a name that outlives moved lines.

Rule 1: what cosmic-ray writes and Python cannot read is no mutation, nor is one of an annotation: modules here postpone
their annotations, so nothing that runs is changed; nor is equality in the place of identity: what is compared by
identity here is None, a member of an enumeration or one of several views, and each is equal to itself alone. They are
counted, not run.
Rule 2: a mutation is known by its module, its function, the line's text before and the text after; not by numbers.
"""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import MutationVisitor
from cosmic_ray.plugins import get_operator, operator_names

__all__ = ["Mutation", "mutations"]

SAME_ANSWER = ("ComparisonOperator_Is_Eq", "ComparisonOperator_IsNot_NotEq")


@dataclass(frozen=True)
class Mutation:
    """*lines*: where it stands, first and last; *source*: the whole module, mutated."""

    module: str
    function: str
    operator: str
    line: str
    becomes: str
    lines: tuple[int, int]
    source: str
    inside: bool  # of functions: nothing that runs when the module is loaded is changed

    @property
    def name(self) -> tuple[str, str, str, str]:
        return self.module, self.function, self.line, self.becomes


def mutations(path: Path) -> Iterator[Mutation | None]:
    """All of a module's, in cosmic-ray's order; None for one that rule 1 leaves out."""
    source = path.read_text(encoding="utf-8")
    tree, plain = ast.parse(source), _running(source)
    loading = _loading(compile(source, str(path), "exec"))
    parsed = get_ast(source)
    nodes, kept = list(ast_nodes(parsed)), pickle.dumps(parsed)  # a mutation changes its tree; parsing takes far longer
    for operator_name in sorted(operator_names()):
        if get_operator(operator_name).arguments():
            continue  # replaces variables that its arguments name
        operator = get_operator(operator_name)()
        places = sum(1 for node in nodes for _ in operator.mutation_positions(node))
        if operator_name.endswith(SAME_ANSWER):
            yield from [None] * places
            continue
        for occurrence in range(places):
            visitor = MutationVisitor(occurrence, operator)
            mutated = visitor.walk(pickle.loads(kept)).get_code()
            assert visitor.mutation_applied
            try:
                nothing = _running(mutated) == plain
                mutated_code = compile(mutated, str(path), "exec")
            except SyntaxError:
                nothing = True
            if nothing:
                yield None
                continue
            first, last, old, new = _changed(source, mutated)
            yield Mutation(
                module=path.stem,
                function=_function(tree, first),
                operator=operator_name.partition("/")[2],
                line=old,
                becomes=new,
                lines=(first, last),
                source=mutated,
                inside=loading == _loading(mutated_code),
            )


def _running(source: str) -> str:
    """What a source says without its annotations."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(tree)


def _loading(code: CodeType) -> tuple[object, ...]:
    """What runs when a module is loaded: its own code and its classes', without that of functions."""
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    classes = [_loading(one) for one in inner if not one.co_flags & 0x1]  # CO_OPTIMIZED: a function
    plain = [one for one in code.co_consts if not isinstance(one, CodeType)]
    return code.co_code, code.co_names, repr(plain), classes


def _changed(source: str, mutated: str) -> tuple[int, int, str, str]:
    """The first and the last changed line by number, and what stood and stands there."""
    old, new = source.splitlines(), mutated.splitlines()
    before = _alike(old, new)
    behind = _alike(old[before:][::-1], new[before:][::-1])
    end = max(len(old) - behind, before + 1)
    first = next((n for n in range(before, end) if old[n].strip()), before)  # a decorator goes with its blanks
    return first + 1, end, _words(old[first:end]), _words(new[before : len(new) - behind])


def _alike(lines: list[str], others: list[str]) -> int:
    """How many are alike from the beginning."""
    return next(
        (n for n, (one, other) in enumerate(zip(lines, others, strict=False)) if one != other),
        min(len(lines), len(others)),
    )


def _words(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


def _function(tree: ast.Module, line: int) -> str:
    """The qualified name of the innermost function or class that a line stands in; "" outside of all."""
    names: list[str] = []
    body: list[ast.stmt] = tree.body
    while True:
        inner = [
            one
            for one in body
            if isinstance(one, ast.FunctionDef | ast.ClassDef)
            and min([one.lineno, *(d.lineno for d in one.decorator_list)]) <= line <= (one.end_lineno or 0)
        ]
        if not inner:
            return ".".join(names)
        names.append(inner[0].name)
        body = inner[0].body

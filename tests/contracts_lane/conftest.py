"""The lane's cases are written when the turn of an operation comes, not while pytest collects.

Schemathesis writes them as it collects, for all operations; on several cores each worker would write all of them, to
run its share.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import pytest
from schemathesis.pytest import _test_builder
from schemathesis.pytest.plugin import SchemathesisCase

_write = _test_builder.build_operation_test
_MAKE = "make"  # of a test that is not written yet: what writes it


def _unwritten(**given: Any) -> Callable[[], None]:
    def test() -> None:
        raise AssertionError("it is written before it runs")

    setattr(test, _MAKE, partial(_write, **given))
    return test


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    if not isinstance(collector, SchemathesisCase):
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_test_builder, "build_operation_test", _unwritten)
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if isinstance(item, pytest.Function) and hasattr(item.obj, _MAKE):
        item.obj = getattr(item.obj, _MAKE)()

"""A failed test that tells its own story: no traceback, and a summary line that says something."""

from __future__ import annotations

from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

__all__ = ["told"]


def told(path: str, story: str) -> ReprExceptionInfo:
    """*story* for the terminal, its first line for the summary: where CI is set pytest prints a summary uncut.

    No public class of pytest's has both and passes from a worker of pytest-xdist to its master.
    """
    traceback = ReprTraceback([ReprEntryNative([f"{story}\n"])], None, "native")
    return ReprExceptionInfo(traceback, ReprFileLocation(path, 1, story.partition("\n")[0]))

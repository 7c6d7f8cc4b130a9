"""For who waits for a campaign: how far it is, and when its time is over.

Rule: a proof takes minutes, on a busy machine many: nobody shall have to guess whether it still runs. A terminal gets a
bar; a log gets a line when something is begun and EVERY_SECONDS have passed since the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fake_core.clock import Clock

EVERY_SECONDS = 20
BAR_CHARS = 30


class Watch:
    """Tells *say* how far a campaign is. *minutes* are allowed, if not None; *terminal*: a line may be written over."""

    def __init__(
        self, clock: Clock, say: Callable[[str], None], *, terminal: bool = False, minutes: float | None = None
    ) -> None:
        self._clock, self._say, self._terminal = clock, say, terminal
        self._began = self._told = clock.now()
        self._allowed = None if minutes is None else timedelta(minutes=minutes)

    def enough(self) -> bool:
        """Whether the time allowed is over."""
        return self._allowed is not None and self._clock.now() - self._began >= self._allowed

    def progress(self, done: int, total: int, name: str, runs: int) -> None:
        """*done* of *total* histories are over, the sync ran *runs* times, *name* is played now ("": the end)."""
        if self._terminal:
            filled = BAR_CHARS * done // total if total else BAR_CHARS
            bar = f"[{'#' * filled}{'.' * (BAR_CHARS - filled)}]"
            self._say(f"\r{bar} {done}/{total}, {runs} runs  {name[:40]:<40}" + ("" if name else "\n"))
            return
        now = self._clock.now()
        if not name or now - self._told < timedelta(seconds=EVERY_SECONDS):
            return
        self._told = now
        minutes, seconds = divmod(int((now - self._began).total_seconds()), 60)
        self._say(f"verify: {done} of {total} histories, {runs} runs, {minutes}:{seconds:02} min; now {name}\n")

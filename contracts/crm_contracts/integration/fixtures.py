"""The contract of a test: what its traffic broke. The pytest plugin makes one for a test that asks for it.

Rule 1: a test fails by its own assertion first; only a test that passes is held to the contract.
Rule 2: a failure is the findings, grouped, without a traceback. Warnings fail nothing: they stand in the summary.
Rule 3: waiting is what really passed, or what the fake's clock was moved by, whichever is more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from crm_contracts.findings import Finding, Report, Result
from crm_contracts.integration.credentials import secrets_of
from crm_contracts.integration.judging import check_names, judge
from crm_contracts.integration.parsed import Run
from crm_contracts.traffic import KEPT_BYTES_MAX, Call
from crm_contracts.traffic.tap import Tap, Traffic
from crm_contracts.vendors import HOSTS, VENDORS
from fake_core.clock import Clock, RealClock
from fake_core.errors import MisuseError

if TYPE_CHECKING:
    from fake_core.fake import Application, Fake

__all__ = ["MODES", "Contract", "ContractBroken"]

Mode = Literal["error", "warn", "off"]
MODES: tuple[Mode, ...] = ("error", "warn", "off")


class ContractBroken(AssertionError):
    """The traffic of a test broke a vendor's contract; the words are the findings."""


class Contract:
    """What the traffic of one test says: `calls`, `findings`, and `check()` to be told now."""

    def __init__(
        self,
        *,
        mode: str = "error",
        budget: int | Mapping[str, int] | None = None,
        allow: Collection[str] = (),
        strict: bool = False,
    ) -> None:
        """*budget* is how many calls the test may make, in all or by vendor; *allow* are checks whose
        findings are wanted.

        *strict* lets warnings fail. Raises MisuseError for a word that is none of ours.
        """
        if mode not in MODES:
            raise MisuseError(f"understudy_contract = {mode}: choose of {', '.join(MODES)}")
        for name in allow:
            if name not in check_names():
                raise MisuseError(f"contract(allow=[{name!r}]): is no check; `understudy contract checks` prints them")
        self.mode = mode
        self.allow = tuple(allow)
        self.strict = strict
        if budget is not None and not isinstance(budget, (int, Mapping)):
            raise MisuseError(f"contract(budget={budget!r}): say a number of calls, or one for each vendor by its name")
        self.budget = {"": budget} if isinstance(budget, int) else dict(budget or {})
        for vendor in self.budget:
            if vendor and vendor not in VENDORS:
                raise MisuseError(f"contract(budget={{{vendor!r}: …}}): no such vendor; choose of {', '.join(VENDORS)}")
        self._traffic = Traffic()
        self._secrets: list[str] = []

    def tap(self, fake: Fake) -> Application:
        """*fake*, with everything that passes kept."""
        self._secrets += secrets_of(fake.credentials(HOSTS.get(fake.vendor, "https://localhost")))
        return Tap(
            fake,
            vendor=fake.vendor,
            clock=_Passed(fake.clock),
            traffic=self._traffic,
            body_bytes_max=KEPT_BYTES_MAX,
        )

    @property
    def calls(self) -> list[Call]:
        """Every call of the test so far."""
        return self._traffic.calls

    @property
    def report(self) -> Report:
        """What the calls so far say."""
        run = Run(calls=self.calls, secrets=self._secrets, budget=self.budget)
        return judge([run], allow=self.allow, strict=self.strict)

    @property
    def findings(self) -> Sequence[Finding]:
        """What is wrong so far."""
        return self.report.findings

    def check(self) -> None:
        """Raises ContractBroken with the findings, if there are any that fail."""
        __tracebackhide__ = True
        report = self.report
        if not report.ok:
            raise ContractBroken(story(report))


def story(report: Report) -> str:
    """What failed, for a person; its first line is the summary's."""
    failed = [one for one in report.results if one.state == "failed"]
    count = sum(len(one.findings) for one in failed)
    head = f"contract: {count} finding{'s' if count > 1 else ''}: {', '.join(one.name for one in failed)}"
    return "\n".join([head, *(line for one in failed for line in _told(one))])


def warnings(report: Report, *, failed: bool = True) -> list[str]:
    """What is worth a line of the summary; without what *failed*, where the story tells that."""
    results = [one for one in report.results if failed or one.state != "failed"]
    return [f"{each.level}: {each.check}: {each.seen}" for one in results for each in one.findings]


def _told(one: Result) -> list[str]:
    """The findings of one check, each with what is its own alone; what they share stands once, at the end."""
    lines = ["", one.name]
    advice = [_advice(finding) for finding in one.findings]
    shared = [line for line in advice[0] if all(line in other for other in advice)]
    for finding, own in zip(one.findings, advice, strict=True):
        lines += [f"  {finding.where}", f"    {finding.seen}", *(f"    | {line}" for line in finding.shown)]
        lines += [f"    {line}" for line in own if line not in shared]
    return [*lines, *(f"  {line}" for line in shared)]


def _advice(finding: Finding) -> list[str]:
    return [f"wrong:   {finding.why}", f"to do:   {finding.remedy}", f"held to: {finding.held_to}"]


class _Passed:
    """The time that passed: the machine's, and what a frozen clock was moved by beside it."""

    def __init__(self, fake: Clock) -> None:
        self._fake, self._real = fake, RealClock()
        self._start, self._began = fake.now(), self._real.now()

    def now(self) -> datetime:
        moved, passed = self._fake.now() - self._start, self._real.now() - self._began
        return self._start + max(moved, passed, timedelta(0))

    def sleep(self, seconds: float) -> None:
        self._real.sleep(seconds)


def settled(mode: str, marker: Any) -> Contract:
    """The contract of a test: of the project's *mode*, and of what its mark says. Raises MisuseError."""
    said = dict(marker.kwargs) if marker is not None else {}
    unknown = sorted(set(said) - {"mode", "budget", "allow", "strict"})
    if unknown or (marker is not None and marker.args):
        what = unknown[0] if unknown else repr(marker.args[0])
        raise MisuseError(f"pytest.mark.contract({what}…): it takes mode, budget, allow and strict, by name")
    return Contract(**{"mode": "error" if marker is not None or mode == "off" else mode, **said})

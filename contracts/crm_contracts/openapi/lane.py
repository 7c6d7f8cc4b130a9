"""The lane: Schemathesis in this process, all checks on, one fake against its document.

Rule 1: the fake is seeded, its clock stands still, its limits are out of reach, and it is put back before every case,
so that a case means the same alone as among others.
Rule 2: a value that only this org can know (an id, a company's key, a query) is chosen by the vendor's `Fit` in the
parts of a case that are meant to be valid. The parts that are meant to be wrong stay as they were generated.
Rule 3: every check is on. What is excused stands in exclusions.toml, and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from functools import cached_property
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.specs.openapi.checks import ignored_auth

from crm_contracts.openapi.documents import load, operations
from crm_contracts.openapi.exclusions import Exclusion, exclusions
from crm_contracts.vendors import HOSTS, create_fake
from fake_core.clock import FrozenClock

if TYPE_CHECKING:
    from schemathesis.core.transport import Response
    from schemathesis.generation.stateful.state_machine import APIStateMachine, StepInput, StepOutput
    from schemathesis.schemas import BaseSchema

    from fake_core.fake import Fake

SEED = 1  # of a run that is the same each time
NIGHTLY_EXAMPLES_MIN = 1_000
CALLS_MAX = 100_000_000  # a limit no run of the lane reaches
Case = Any  # schemathesis' Case: its parts are whatever was generated
Fit = Callable[[Case, "Lane"], None]


class Lane:
    """One fake and its document. *seed* fills the fake with its headers and tells what it made; *fit* see rule 2;
    *prepare* makes the document that is run of the one that is kept; *session* names a token in the headers of a path;
    *options* are those of the fake.
    """

    def __init__(
        self,
        vendor: str,
        *,
        seed: Callable[[Fake, dict[str, str]], dict[str, Any]] = lambda _fake, _headers: {},
        fit: Fit = lambda _case, _lane: None,
        prepare: Callable[[dict[str, Any]], dict[str, Any]] = lambda document: document,
        session: Callable[[str, str], dict[str, str]] = lambda token, _path: {"Authorization": f"Bearer {token}"},
        **options: Any,
    ) -> None:
        self.vendor = vendor
        self.url = HOSTS[vendor]
        self.fit = fit
        self.step = 0  # of the state machine's scenario; 0 in a case on its own
        self.cases: Counter[str] = Counter()
        self.excused: Counter[Exclusion] = Counter()
        self.seeded: dict[str, Any] = {}
        self._seed = seed
        self._session = session
        self._options = options
        self._fake: Fake | None = None
        self._token = ""
        self._written = True
        self.guards_known: set[str] = set()  # operations that were seen to ask for a token
        self._exclusions = [one for one in exclusions() if one.vendor == vendor]
        document = prepare(without_not_faked(load(vendor)))
        # A path with a server of its own is called there.
        self._servers: dict[str, str] = {
            path: item["servers"][0]["url"] for path, item in document["paths"].items() if "servers" in item
        }
        self.operation_ids = [one.operation_id for one in operations(vendor, document)]
        self.schema: BaseSchema = schemathesis.openapi.from_dict(document, config=_config(self.url))
        self.schema.app = self._answer

    @property
    def fake(self) -> Fake:
        """The fake, made and seeded when the first case needs it."""
        if self._fake is None:
            fake = self._fake = create_fake(self.vendor, clock=FrozenClock(), **self._options)
            for window in fake.limits.values():
                window.limit = CALLS_MAX
            told = fake.credentials(self.url)
            self._token = told.get("access_token") or told["token"]
            self.seeded = self._seed(fake, self.headers())
            fake.store.mark_baseline()
        return self._fake

    def url_of(self, path: str) -> str:
        """Where *path*, a template of the document, is called."""
        url: str = self._servers.get(path, self.url)
        return url

    def go_to(self, url: str) -> None:
        """From here on every case goes to *url* over a socket; who serves the fake there is the caller's business."""
        self.url = url
        self._servers = dict.fromkeys(self._servers, url)
        self.schema.app = None

    def headers(self, path: str = "") -> dict[str, str]:
        """What an authorized caller sends to *path*."""
        assert self.fake
        return self._session(self._token, path)

    @cached_property
    def operations(self) -> dict[str, Any]:
        """Schemathesis' operations by their operationIds."""
        found = [each.ok() for each in self.schema.get_all_operations() if isinstance(each, Ok)]
        return {one.definition.raw["operationId"]: one for one in found}

    def run_some(self, operation_id: str, *, examples: int, negative: bool = False) -> None:
        """So many cases of an operation, valid ones or *negative* ones, the same each time; raises FailureGroup."""
        mode = GenerationMode.NEGATIVE if negative else GenerationMode.POSITIVE

        @some(examples)
        @given(case=self.operations[operation_id].as_strategy(generation_mode=mode))
        def cases(case: Case) -> None:
            self.run(case)

        cases()

    def run(self, case: Case) -> None:
        """One case of an operation on its own; raises FailureGroup."""
        if self._written:
            self.fake.reset()
        self.fit(case, self)
        self.cases[_operation_id(case)] += 1
        self._written = case.method not in {"GET", "HEAD"} or case.path.endswith("/revoke")
        response = case.call(headers=self.headers(case.path), base_url=self.url_of(case.path))
        self.judge(case, response)

    def judge(self, case: Case, response: Response, **context: Any) -> None:
        """Hold the answer against every check, less what is excused; raises FailureGroup.

        That an operation asks for a token is looked at once: it is a property of the operation.
        """
        operation_id, headers = _operation_id(case), self.headers(case.path)
        looked_at = [ignored_auth] if operation_id in self.guards_known else []
        try:
            case.validate_response(
                response,
                headers=headers,
                transport_kwargs={"headers": headers, "base_url": self.url_of(case.path)},
                excluded_checks=looked_at,
                **context,
            )
            if response.status_code < 300:
                self.guards_known.add(operation_id)
        except FailureGroup as group:
            left = [failure for failure in group.exceptions if not self._excuse(failure, case, response)]
            if left:
                raise FailureGroup(left, str(group.args[0])) from None

    def machine(self) -> type[APIStateMachine]:
        """A state machine over the document's links: what one call made, the next ones read, change and delete."""
        lane = self

        class Machine(self.schema.as_state_machine()):  # type: ignore[misc]
            def setup(self) -> None:
                lane.fake.reset()
                lane._written = True
                lane.step = 0

            def step(self, input: StepInput) -> StepOutput:  # noqa: A002 - the name of the base class
                case = input.case
                lane.step += 1
                named = {name for place, name in input.applied_parameters if place is ParameterLocation.PATH}
                linked = (
                    dict(case.path_parameters) if case.path_parameters and named >= set(case.path_parameters) else {}
                )
                lane.fit(case, lane)
                case.path_parameters.update(linked)  # what a link names is the point of it
                lane.cases[_operation_id(case)] += 1
                output: StepOutput = super().step(input)
                return output

            def get_call_kwargs(self, case: Case) -> dict[str, Any]:
                return {"headers": lane.headers(case.path), "base_url": lane.url_of(case.path)}

            def validate_response(self, response: Response, case: Case, **_kwargs: Any) -> None:
                try:
                    lane.judge(case, response, recorder=self.recorder)
                except FailureGroup as group:
                    left = [one for one in group.exceptions if not lane.is_taken_at_first(one, case)]
                    if left:
                        raise FailureGroup(left, str(group.args[0])) from None

        return Machine

    def is_taken_at_first(self, failure: Failure, case: Case) -> bool:
        """Whether *failure* only says that a valid case was refused, and a fresh fake takes it.

        An earlier step may have deleted, or given another key to, what the case names: then the refusal is right.
        """
        if not isinstance(failure, RejectedPositiveData):
            return False
        here = self.fake.store.snapshot()
        self.fake.store.reset()
        try:
            self.judge(case, case.call(headers=self.headers(case.path), base_url=self.url_of(case.path)))
        except FailureGroup:
            return False
        finally:
            self.fake.store.restore(here)
        return True

    def _excuse(self, failure: Failure, case: Case, response: Response) -> bool:
        body = (response.content or b"").decode(errors="replace")
        for check in failure.checks:
            for row in self._exclusions:
                if row.excuses(check=check, operation_id=_operation_id(case), status=response.status_code, body=body):
                    self.excused[row] += 1
                    return True
        return False

    def _answer(self, environ: Any, start_response: Any) -> Any:
        environ.pop("HTTP_ACCEPT_ENCODING", None)  # Schemathesis asks for gzip, and in-process does not unpack it
        return self.fake(environ, start_response)


def _operation_id(case: Case) -> str:
    return str(case.operation.definition.raw["operationId"])


def without_not_faked(document: dict[str, Any]) -> dict[str, Any]:
    """*document* with the operations only that the fake plays."""
    kept = deepcopy(document)
    for path, item in document["paths"].items():
        for key, row in item.items():
            if isinstance(row, dict) and "x-not-faked" in row:
                del kept["paths"][path][key]
        if not any(isinstance(one, dict) for one in kept["paths"][path].values()):
            del kept["paths"][path]
    return kept


def profile() -> settings:
    """The Hypothesis profile that is loaded."""
    assert settings.default is not None
    return settings.default


def some(examples: int) -> settings:
    """So many cases that are the same each time; the first that fails is told as it is, not made small."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


def is_random() -> bool:
    """Whether this run looks for new cases: only where there is time for many of them."""
    return profile().max_examples >= NIGHTLY_EXAMPLES_MIN


def positive(case: Case, location: ParameterLocation) -> bool:
    """Whether this part of *case* is meant to be valid."""
    assert case.meta is not None
    component = case.meta.components.get(location)
    return component is not None and component.mode.is_positive


def _config(url: str) -> SchemathesisConfig:
    given: dict[str, Any] = {
        "base-url": url,
        "analysis": {"constants": {"enabled": False}},  # runs must not depend on the text of our source
        "generation": {"with-security-parameters": False},  # the lane sends a real token; ignored_auth tries others
        "phases": {"stateful": {"inference": {"algorithms": []}}},  # links are the document's: guessed ones are wrong
    }
    if not is_random():
        given["seed"] = SEED
    return SchemathesisConfig.from_dict(given)

"""One Totango service: its tokens, its switches and settings, its store, clock and ids. Nothing here is global.

Rule: what can change while the fake runs (switches, settings) lives in `Settings`, a part of the store, so that a
snapshot holds it and a reset puts it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import Any

from fake_core.clock import Clock
from fake_core.errors import MisuseError
from fake_core.ids import IdSource
from fake_core.store import Store
from fake_core.switches import Switches
from fake_core.tenant_file import check_texts
from fake_totango.data_files import read_toml
from fake_totango.errors import ERRORS, TotangoError
from fake_totango.limits import FixedWindow
from fake_totango.stamps import milliseconds
from fake_totango.switches import SWITCHES

_LIMITS = read_toml("limits.toml")
CALLS_PER_MINUTE: int = _LIMITS["calls_per_minute"]["value"]
BODY_BYTES_MAX: int = _LIMITS["body_bytes_max"]["value"]
COUNT_MAX: int = _LIMITS["count_max"]["value"]
REACH_MAX: int = _LIMITS["reach_max"]["value"]
REGIONS: dict[str, dict[str, Any]] = read_toml("regions.toml")
DEFAULTS: dict[str, Any] = read_toml("catalogue.toml")


@dataclass(frozen=True)
class ApiToken:
    """A personal access token; *email* is the Totango user whose token it is."""

    value: str
    name: str = "API"
    email: str = "api@understudy.example"


@dataclass(frozen=True)
class TeamMember:
    """A person with a Totango login: tasks are assigned to an e-mail or a uuid, touchpoints show the name."""

    email: str
    name: str
    uuid: str


@dataclass(frozen=True)
class TenantConfig:
    """How a service starts. *region* is US or EU; *switches*, *error_texts* and *settings* override the data files.

    *seed* is seed data as the control plane takes it; *file* is the TOML file that says all this, if one does.
    """

    tokens: Sequence[ApiToken] = (ApiToken("understudy-totango-token"),)
    service_id: str = "SP-0000-11"
    region: str = "US"
    team: Sequence[TeamMember] = ()
    switches: Mapping[str, Any] = field(default_factory=dict)
    error_texts: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    calls_per_minute: int = CALLS_PER_MINUTE
    body_bytes_max: int = BODY_BYTES_MAX
    seed: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    file: str = ""


NOBODY = TenantConfig(tokens=(), service_id="(none)")  # refuses the calls that are no service's


class Settings:
    """What an admin of the service can change, and the switches.

    `activity_types` (SuccessFlows), `touchpoint_types` and `touchpoint_tags` are what the three lists answer;
    `active_lists` maps the id of a list to account ids (null: every account); `successplays` are
    `{"id", "active", "manual", "task"}`; `team` are the people with a Totango login.
    """

    def __init__(self, config: TenantConfig) -> None:
        self.switches = Switches(SWITCHES, config.switches)
        self._values: dict[str, Any] = deepcopy(DEFAULTS) | {"team": [asdict(one) for one in config.team]}
        self.change(config.settings)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def change(self, given: Mapping[str, Any]) -> None:
        """Replace the named settings; raises MisuseError, changing none, for an unknown name or a wrong shape."""
        for name, value in given.items():
            if name not in self._values:
                raise MisuseError(f"no setting {name!r}: there are {', '.join(self._values)}")
            if not _has_shape(name, value):
                raise MisuseError(f"the setting {name} cannot be {value!r}: {_SHAPES[name][1]}")
        self._values.update(deepcopy(dict(given)))

    def dump(self) -> dict[str, Any]:
        settings = dict(self._values)  # each is replaced by `change`, never changed in place
        return {"switches": self.switches.dump(), "settings": settings}

    def load(self, state: Mapping[str, Any]) -> None:
        self.switches.set(state["switches"])
        self._values = deepcopy(dict(state["settings"]))


# setting -> the key of each of its rows that must be a text, and the shape in words
_SHAPES = {
    "activity_types": ("activity_type_id", 'an array of {"activity_type_id": text, ...}'),
    "touchpoint_types": ("id", 'an array of {"id": text, ...}'),
    "touchpoint_tags": ("id", 'an array of {"id": text, ...}'),
    "successplays": ("id", 'an array of {"id": text, "active": true, "manual": true, "task": {...}}'),
    "team": ("email", 'an array of {"email": text, "name": text, "uuid": text}'),
    "active_lists": ("", "an object: id of a list -> array of account ids, or null for every account"),
}


def _has_shape(name: str, value: Any) -> bool:
    key = _SHAPES[name][0]
    if not key:
        return isinstance(value, dict) and all(
            one is None or (isinstance(one, list) and all(isinstance(each, str) for each in one))
            for one in value.values()
        )
    return isinstance(value, list) and all(isinstance(one, dict) and isinstance(one.get(key), str) for one in value)


class Tenant:
    """What an operation works on."""

    def __init__(
        self,
        *,
        config: TenantConfig,
        settings: Settings,
        store: Store,
        clock: Clock,
        ids: IdSource,
        windows: Mapping[str, FixedWindow],
    ) -> None:
        try:
            check_texts(config.error_texts, {key: row["text"] for key, row in ERRORS.items()})
        except MisuseError as error:
            raise MisuseError(f"error_texts: {error}") from None
        self.config = config
        self.settings = settings
        self.switches = settings.switches
        self.store = store
        self.clock = clock
        self.ids = ids
        self.windows = windows  # by the value of the token
        self.tokens = {token.value: token for token in config.tokens}

    def now(self) -> int:
        return milliseconds(self.clock.now())

    def message_of(self, error: TotangoError) -> str:
        """The words of *error* here: its row of errors.toml unless the configuration has others."""
        text = self.config.error_texts.get(error.key)
        return error.text if text is None else text.format_map(error.words)

    def member(self, name: str) -> dict[str, Any] | None:
        """The person with a login whose e-mail (in any case) or uuid is *name*."""
        for one in self.settings["team"]:
            if name.lower() in {one["email"].lower(), str(one.get("uuid", "")).lower()}:
                found: dict[str, Any] = one
                return found
        return None

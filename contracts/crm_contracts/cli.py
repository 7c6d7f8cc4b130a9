"""The `understudy` command. Each subcommand loads what it needs when it runs, so that `--help` is quick.

Errors are one line on standard error: what, where, what to do; the exit status is 1 (2 for a wrong call, and
for commands that judge, whose 1 is a verdict).
"""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from crm_contracts.vendors import VENDORS

DEFAULT_PORT = 8443


# Commands with a module of their own, which is loaded when one is asked for; `--help` needs their words alone.
_LAZY = {
    "actions": ("crm_sync.actions.cli", "Run an agent's workflow for an event: Tasks and updates."),
    "capsule": ("crm_contracts.capsules.cli", "A customer's bug as a file: replay it, make one, shorten it."),
    "compare": ("crm_contracts.record.compare_cli", "Compare recorded answers with the fake's."),
    "conform": ("crm_contracts.conform.cli", "Ask a fake, or a real account, whether it does as the vendor."),
    "contract": ("crm_contracts.integration.cli", "Hold an integration to its vendors' contracts."),
    "explain": ("crm_contracts.capsules.explain.cli", "Draw a capsule's history as a sequence chart, for a ticket."),
    "ledger": ("crm_contracts.ledger.cli", "Print what the fakes do, and how well each thing is known."),
    "org": ("crm_contracts.orgs.cli", "Your own org: import its describes, tell its drift."),
    "record": ("crm_contracts.record.cli", "Record what a vendor really answers, as evidence."),
    "simulate": ("crm_contracts.simulate_cli", "Random histories of users, faults and deaths, from a seed."),
    "sync": ("crm_sync.cli", "Sync activities with Planhat, Totango or Marketo."),
    "verify": ("crm_contracts.verify.cli", "Put any sync to the proof."),
}


class Commands(click.Group):
    """The top group."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in _LAZY:
            command: click.Command = getattr(import_module(_LAZY[name][0]), name)
            return command
        return super().get_command(ctx, name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_LAZY])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command and what it does, without loading any."""
        rows = [
            (name, _LAZY[name][1] if name in _LAZY else self.commands[name].get_short_help_str(limit=70))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="understudy", prog_name="understudy")
def understudy() -> None:
    """Fakes of Salesforce, Planhat, Totango and Marketo, a reference two-way sync, and the proof that it holds."""


@understudy.command()
@click.option("--seed", default=1, show_default=True, help="Another customer base, the same story.")
@click.option("--plain", is_flag=True, help="No colours, even on a terminal.")
def demo(*, seed: int, plain: bool) -> None:
    """Play the whole product once and print what happened. Exit status 0 only if the invariants held."""
    from crm_contracts.demo import run_demo

    sys.exit(0 if run_demo(seed=seed, plain=plain) else 1)


@understudy.command(short_help="Serve the fakes over http or https.")
@click.argument("vendors", nargs=-1, type=click.Choice(VENDORS))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    help="The first vendor's port; the next one's is one more. 0: any free ports.",
)
@click.option("--tls", is_flag=True, help="Speak https, with a certificate of our own CA (its path is printed).")
@click.option(
    "--org",
    "orgs",
    multiple=True,
    metavar="[VENDOR=]NAME|FILE",
    help="VENDOR=FILE: a tenant described by a TOML file; given again for one vendor, one more tenant behind its port. "
    "Without VENDOR=, the Salesforce org: an edition (developer, professional, enterprise, unlimited, sandbox) or a "
    "TOML file.",
)
@click.option(
    "--data", default="sqlite://", metavar="URL", help="Where rows live: sqlite:// (memory, default) or sqlite:///FILE."
)
@click.option(
    "--clock",
    type=click.Choice(("real", "frozen")),
    default="real",
    show_default=True,
    help="frozen: the fakes' time stands still, in the same moment at each start, until POST /__understudy__/clock "
    "moves it.",
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON when ready, and nothing else.")
def serve(
    *,
    vendors: tuple[str, ...],
    host: str,
    port: int,
    tls: bool,
    orgs: tuple[str, ...],
    data: str,
    clock: str,
    as_json: bool,
) -> None:
    """Serve the fakes over http or https until stopped by Ctrl-C or SIGTERM."""
    from crm_contracts import serving
    from crm_contracts.serving import notes

    _need("serve", "granian", *(("trustme", "cheroot") if tls else ()))
    chosen = list(dict.fromkeys(vendors)) or list(VENDORS)
    tenants = serving.orgs_by_vendor(orgs, chosen)
    ports = [serving.check_port(host, port + number if port else 0) for number in range(len(chosen))]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    with ExitStack() as stack:
        certificates, bundle = stack.enter_context(serving.certificates(host)) if tls else (None, None)
        serves = [
            serving.Serve(
                vendor=vendor,
                host=host,
                port=chosen_port,
                data=data,
                named=len(chosen) > 1 or len(tenants.get(vendor, ())) > 1,
                orgs=tenants.get(vendor, ()),
                cert_file=str(certificates.cert_file) if certificates else None,
                key_file=str(certificates.key_file) if certificates else None,
                frozen=clock == "frozen",
            )
            for vendor, chosen_port in zip(chosen, ports, strict=True)
        ]
        served = serving.Served(serves, ca_file=certificates.ca_file if certificates else None)
        stack.callback(served.stop)
        try:
            told = served.start()
            with notes.noted(told):
                click.echo(_ready(told, as_json=as_json))
                if certificates and not as_json:
                    click.echo(f"trust       {certificates.ca_file}  (with the public CAs: {bundle})")
                served.wait()
        except KeyboardInterrupt:
            if not as_json:
                click.echo("stopped", err=True)


def _need(extra: str, *modules: str) -> None:
    """Say in one line which extra is missing, before anything starts."""
    from importlib.util import find_spec

    from fake_core.errors import MisuseError

    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise MisuseError(f"{missing[0]} is not installed: pip install 'understudy[{extra}]'")


def _stop(_number: int, _frame: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave a process behind
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _ready(told: dict[str, Any], *, as_json: bool) -> str:
    import json

    if as_json:
        return json.dumps(told)
    lines = []
    for vendor, words in told.items():
        if vendor != "control":
            tenants = f"  ({', '.join(words['tenants'])})" if "tenants" in words else ""
            lines.append(f"{vendor:<11} {words['url']}{tenants}")
    first = next(iter(told["control"].values()))
    return "\n".join([*lines, f"control     {first}", "variables   understudy env"])


@understudy.command(short_help="Print what is served now as shell variables.")
def env() -> None:
    """Print what `understudy serve` serves now as shell variables: `eval "$(understudy env)"`."""
    from crm_contracts.serving import notes

    for line in notes.shell_variables(notes.what_is_served()):
        click.echo(line)


@understudy.command(short_help="Print the numbered rules and the state of each.")
@click.option(
    "--tests",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder whose tests are counted (default: those of this checkout).",
)
@click.option("--vendor", type=click.Choice((*VENDORS, "agents")), help="Only the rules of this vendor.")
@click.option("--lives", type=click.Choice(("fake", "sync")), help="Only the rules that the fakes hold, or the sync.")
@click.option("--state", type=click.Choice(("verified", "named", "none")), help="Only the rules in this state.")
@click.option("--names", is_flag=True, help="Name the tests, too.")
def rules(*, tests: Path | None, vendor: str | None, lives: str | None, state: str | None, names: bool) -> None:
    """Print the numbered rules: the state of each (verified, named or none, by how many tests), and who holds it."""
    from crm_contracts.rules import render_rules

    beside = Path(__file__).parents[2] / "tests"
    folder = tests or (beside if (beside / "crm_contracts").is_dir() else None)
    click.echo(render_rules(folder, names=names, vendor=vendor or "", lives=lives or "", state=state or ""))


def main() -> None:
    """The console script."""
    from fake_core.errors import MisuseError

    try:
        understudy(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except MisuseError as error:
        click.echo(f"understudy: {error}", err=True)
        sys.exit(getattr(error, "exit_code", 1))  # 2 where 1 is a verdict: crm_contracts.findings.options
    except OSError as error:
        if error.filename is None:
            raise
        click.echo(f"understudy: {error.filename}: {error.strerror}", err=True)  # a file that somebody named
        sys.exit(1)

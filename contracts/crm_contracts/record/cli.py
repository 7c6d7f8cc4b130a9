"""`understudy record`: a proxy that keeps what a vendor really answers. It runs until Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import click

from crm_contracts.vendors import VENDORS

DEFAULT_PORT = 8543


@click.command("record", short_help="Record what a vendor really answers, as evidence.")
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    required=True,
    metavar="[VENDOR=]URL",
    help="Where requests go on to: the real service, or a fake. May be given again: each has a port of its own.",
)
@click.option("--vendor", type=click.Choice(VENDORS), help="Whose service it is, where the host does not tell.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="The first port. 0: any free ports.")
@click.option("--tls", is_flag=True, help="Speak https, with a certificate of our own CA (its path is printed).")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="Trust these certificates of the upstream.")
@click.option("-o", "--output", "output", type=click.Path(path_type=Path), help="The evidence file to write (HAR 1.2).")
@click.option("--source", default="", help="Where the answers come from, for the file: 'sandbox of May, API v60'.")
@click.option(
    "--rewrite/--no-rewrite",
    default=True,
    show_default=True,
    help="In the answer to a log-in and in Location, replace the upstream's address by ours: else a client that reads "
    "instance_url goes past us. The file has the answer as it was.",
)
@click.option(
    "--pact",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write what passed as Pact files (v4) into this folder, at the end.",
)
@click.option("--consumer", default="consumer", show_default=True, help="Who asks, for the Pact files.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def record(
    *,
    upstreams: tuple[str, ...],
    vendor: str | None,
    port: int,
    tls: bool,
    ca: str | None,
    output: Path | None,
    source: str,
    rewrite: bool,
    pact: Path | None,
    consumer: str,
    force: bool,
) -> None:
    """Hand requests on to --upstream, and keep every exchange, without its secrets, in the evidence file.

    Point the client at the printed address in place of the vendor's, let it work, stop with Ctrl-C. The file is whole
    at every moment. `understudy compare FILE` then tells where our fake answers otherwise.
    """
    from crm_contracts.record.evidence import Evidence
    from crm_contracts.record.proxy import Proxy
    from crm_contracts.serving import certificates, check_port
    from crm_contracts.traffic.har import read
    from fake_core.clock import RealClock
    from fake_core.server import ServedFake

    targets = _targets(upstreams, vendor)
    path = _output(output, force=force)
    ports = [check_port("127.0.0.1", port + number if port else 0) for number in range(len(targets))]
    clock = RealClock()
    words = source or f"recorded by understudy from {' and '.join(url for _, url in targets)}"
    evidence = Evidence(path, source=words, today=clock.now().date())
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    with ExitStack() as stack:
        ours, bundle = stack.enter_context(certificates("localhost")) if tls else (None, None)
        for number, (whose, url) in enumerate(targets):
            proxy = Proxy(
                url,
                vendor=whose,
                clock=clock,
                arrive=evidence.arrive,
                keep=evidence.keep,
                rewrite=rewrite,
                ca=ca or "",
            )
            served = stack.enter_context(ServedFake(proxy, tls=ours or False, port=ports[number]))
            proxy.own = served.url
            click.echo(f"{whose:<11} {served.url} -> {url}")
        if ours:
            click.echo(f"trust       {ours.ca_file}  (with the public CAs: {bundle})")
        click.echo(f"writing     {path}  (stop with Ctrl-C)")
        stop.wait()
    click.echo(f"{evidence.count} exchanges in {path}", err=True)
    for why in sorted(set(evidence.withheld)):
        click.echo(f"left out: {evidence.withheld.count(why)} x {why}", err=True)
    if pact:
        from crm_contracts.pact import write_pact

        for file in write_pact(read(path).calls, consumer, pact):
            click.echo(f"wrote {file}", err=True)


def _targets(upstreams: Sequence[str], vendor: str | None) -> list[tuple[str, str]]:
    """Whose each upstream is, and its address."""
    from crm_contracts.record.proxy import check_upstream
    from crm_contracts.traffic.har import vendor_of
    from fake_core.errors import MisuseError

    found: list[tuple[str, str]] = []
    for given in upstreams:
        name, equals, url = given.partition("=")
        if not equals or name not in VENDORS:
            name, url = "", given
        url = check_upstream(url)
        whose = name or vendor or vendor_of(urlsplit(url), {})
        if not whose:
            raise MisuseError(f"--upstream {given}: the host does not tell whose it is: write VENDOR={given}")
        found.append((whose, url))
    return found


def _output(output: Path | None, *, force: bool) -> Path:
    from fake_core.errors import MisuseError

    if output is None:
        raise MisuseError("record: name the evidence file to write: -o FILE.har")
    if output.is_dir():
        raise MisuseError(f"-o {output}: is a folder; name a file")
    if output.exists() and not force:
        raise MisuseError(f"-o {output}: is there already: name another file, or write over it with --force")
    return output

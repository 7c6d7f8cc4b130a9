"""`understudy explain`: a capsule's history as a sequence chart."""

from __future__ import annotations

from pathlib import Path

import click

from crm_contracts.capsules.wrong_calls import Command


@click.command(cls=Command, short_help="Draw a capsule's history as a sequence chart, for a ticket.")
@click.argument("file", type=click.Path(path_type=Path), metavar="CAPSULE")
@click.option("--faulty", "at_fault", is_flag=True, help="On the engine that the capsule names, not on ours.")
@click.option("--svg", type=click.Path(path_type=Path, allow_dash=True), help="Write SVG there (-: print it).")
def explain(*, file: Path, at_fault: bool, svg: Path | None) -> None:
    """Play CAPSULE and draw what happened: who wrote what and when, which request failed, where the two sides parted.

    Plain text goes to standard output. With --svg a drawing that any browser opens is written instead. Exit status 2
    for a file that cannot be read or played.
    """
    from crm_contracts.capsules.explain import as_svg, as_text, explained
    from crm_contracts.capsules.reading import read_capsule
    from crm_contracts.capsules.stages import Stages
    from crm_contracts.capsules.writing import write_whole
    from crm_contracts.world.story import counted
    from fake_core.errors import MisuseError

    chosen = read_capsule(file, tell=lambda line: click.echo(line, err=True))
    try:
        with Stages() as stages:
            chart = explained(chosen, stages, at_fault=at_fault)
    except MisuseError as error:
        raise MisuseError(f"{file}: {error}") from None
    if svg is None:
        click.echo(as_text(chart), nl=False)
    elif str(svg) == "-":
        click.echo(as_svg(chart), nl=False)
    else:
        write_whole(as_svg(chart), svg)
        numbered = max((one.number for one in chart.steps), default=0)
        click.echo(f"{svg}: {counted(numbered, 'step')}; a browser opens it")

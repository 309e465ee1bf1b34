"""The command `callcenter`."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path

import click

from callcenter.config import load, reference_config
from callcenter.errors import CallcenterError
from callcenter.server import Address, Server, serve
from callcenter.system import ReferenceSystem


def _address(text: str) -> Address:
    """Return HOST:PORT, an IPv6 host in brackets, as host and port; `BadParameter` for anything else."""
    found = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\[\]]*)):(\d{1,5})", text)
    if not found or not int(found[3]) <= 0xFFFF:
        raise click.BadParameter(f"found {text!r}, expected HOST:PORT")
    return found[1] or found[2] or "127.0.0.1", int(found[3])


def _line(text: str) -> tuple[Address, Address]:
    """Return LOCAL=REMOTE as both addresses."""
    local, separator, remote = text.partition("=")
    if not separator:
        raise click.BadParameter(f"found {text!r}, expected HOST:PORT=HOST:PORT")
    return _address(local), _address(remote)


@click.group()
@click.version_option(package_name="testline", prog_name="callcenter")
def main() -> None:
    """The reference call centre."""


@main.command("serve")
@click.option(
    "--config", type=click.Path(path_type=Path), help="Configuration file; the reference's own if left out."
)
@click.option(
    "--line",
    "lines",
    metavar="LOCAL=REMOTE",
    callback=lambda context, parameter, texts: tuple(_line(text) for text in texts),
    multiple=True,
    required=True,
    help="UDP addresses HOST:PORT of a span's SAToP pseudowire; once for each span, in order.",
)
@click.option(
    "--control",
    metavar="HOST:PORT",
    callback=lambda context, parameter, text: _address(text) if text else None,
    help="Serve the agents' control socket at this TCP address.",
)
@click.option("--journal", type=click.Path(path_type=Path), help="Append every event to this file.")
@click.option("--verbose", is_flag=True, help="Log state changes.")
def serve_command(
    config: Path | None,
    lines: tuple[tuple[Address, Address], ...],
    control: Address | None,
    journal: Path | None,
    verbose: bool,
) -> None:
    """Run in real time with the lines on UDP pseudowires, until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, format="%(name)s: %(message)s")
    try:
        system = ReferenceSystem(load(config) if config else reference_config())
        server = Server(system, lines, control=control, journal=journal)
        asyncio.run(serve(server, started=lambda: _tell(server, lines)))
    except (CallcenterError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _tell(server: Server, lines: tuple[tuple[Address, Address], ...]) -> None:
    for number, (local, remote) in enumerate(lines):
        click.echo(f"line {number}: {local[0]}:{local[1]} <-> {remote[0]}:{remote[1]}")
    if server.control_address is not None:
        click.echo(f"control: {server.control_address[0]}:{server.control_address[1]}")
    click.echo("serving")


@main.command("check-config")
@click.argument("file", type=click.Path(path_type=Path))
def check_config(file: Path) -> None:
    """Check a configuration FILE with the flows and prompts it names."""
    try:
        system = ReferenceSystem(load(file))
    except CallcenterError as error:
        raise click.ClickException(str(error)) from error
    config, circuits = system.config, len(system.pixit.circuits)
    click.echo(
        f"{file}: {config.board.spans} spans, {circuits} circuits, {len(config.agents)} agents, "
        f"{len(config.queues)} queues, {len(config.flows)} flows: good"
    )


if __name__ == "__main__":
    main()

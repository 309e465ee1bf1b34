"""The command `callcenter`."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import click

from callcenter.config import load, reference_config
from callcenter.errors import CallcenterError
from callcenter.gateway import GatewaySystem, gateway_config, load_gateway
from callcenter.gateway_server import GatewayServer
from callcenter.server import Server
from callcenter.shell import JITTER, Address, serve
from callcenter.system import ReferenceSystem
from testrig.association import PORT, Transport
from testrig.clock import SECOND
from testrig.errors import TestrigError
from testrig.stream import address_of, address_text


def _address(text: str) -> Address:
    """Return HOST:PORT as host and port; `BadParameter` for anything else."""
    try:
        return address_of(text)
    except TestrigError as error:
        raise click.BadParameter(str(error)) from error


def _line(text: str) -> tuple[Address, Address]:
    """Return LOCAL=REMOTE as both addresses."""
    local, separator, remote = text.partition("=")
    if not separator:
        raise click.BadParameter(f"found {text!r}, expected HOST:PORT=HOST:PORT")
    return _address(local), _address(remote)


# options of both processes
_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path), help="Configuration file; the reference's own if left out."
)
_LINES = click.option(
    "--line",
    "lines",
    metavar="LOCAL=REMOTE",
    callback=lambda context, parameter, texts: tuple(_line(text) for text in texts),
    multiple=True,
    required=True,
    help="UDP addresses HOST:PORT of a span's SAToP pseudowire; once for each span, in order.",
)
_JITTER = click.option(
    "--jitter",
    metavar="MS",
    type=click.IntRange(1, 1000),
    default=JITTER * 1000 // SECOND,
    show_default=True,
    help="Milliseconds of the jitter buffers of the lines: more for networks and hosts that pause.",
)


@click.group()
@click.version_option(package_name="testline", prog_name="callcenter")
def main() -> None:
    """The reference call centre."""


@main.command("serve")
@_CONFIG
@_LINES
@click.option(
    "--control",
    metavar="HOST:PORT",
    callback=lambda context, parameter, text: _address(text) if text else None,
    help="Serve the agents' control socket at this TCP address.",
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path),
    help="Append every event to this file, and go on where it ends: answered calls survive a restart.",
)
@click.option(
    "--pair",
    metavar="OWN=OTHER",
    callback=lambda context, parameter, text: _line(text) if text else None,
    help="One of two servers: TCP addresses HOST:PORT where this one listens for the other, and the other "
    "for this one. Both have the same lines; who serves takes them.",
)
@click.option(
    "--transport",
    type=click.Choice(["auto", "sctp", "tcp"]),
    default="auto",
    show_default=True,
    help="What carries M3UA to the gateways of the configuration. Both ends must use the same.",
)
@_JITTER
@click.option("--verbose", is_flag=True, help="Log state changes.")
def serve_command(
    config: Path | None,
    lines: tuple[tuple[Address, Address], ...],
    control: Address | None,
    journal: Path | None,
    pair: tuple[Address, Address] | None,
    transport: Transport,
    jitter: int,
    verbose: bool,
) -> None:
    """Run in real time with the lines on UDP pseudowires, until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, format="%(name)s: %(message)s")
    try:
        centre = load(config) if config else reference_config({"reset_at_start": True})
        server = Server(
            centre,
            lines,
            control=control,
            journal=journal,
            pair=pair,
            transport=transport,
            jitter=jitter * SECOND // 1000,
            changed=lambda: click.echo(server.state) if pair else None,
        )
        asyncio.run(serve(server, started=lambda: _tell(server, lines)))
    except (CallcenterError, TestrigError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _tell_lines(lines: tuple[tuple[Address, Address], ...]) -> None:
    for number, (local, remote) in enumerate(lines):
        click.echo(f"line {number}: {local[0]}:{local[1]} <-> {remote[0]}:{remote[1]}")


def _tell(server: Server, lines: tuple[tuple[Address, Address], ...]) -> None:
    _tell_lines(lines)
    if server.control_address is not None:
        click.echo(f"control: {address_text(server.control_address)}")
    click.echo(server.state)


@main.command("gateway")
@_CONFIG
@_LINES
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default=f"127.0.0.1:{PORT}",
    show_default=True,
    callback=lambda context, parameter, text: _address(text),
    help="Address where CT servers connect (M3UA).",
)
@click.option(
    "--transport",
    type=click.Choice(["auto", "sctp", "tcp"]),
    default="auto",
    show_default=True,
    help="What carries M3UA; auto: SCTP if this kernel has it, else TCP. Both ends must use the same.",
)
@click.option(
    "--control",
    metavar="HOST:PORT",
    callback=lambda context, parameter, text: _address(text) if text else None,
    help="Serve the operator's control socket at this TCP address.",
)
@click.option("--journal", type=click.Path(path_type=Path), help="Append every event to this file.")
@_JITTER
@click.option("--verbose", is_flag=True, help="Log state changes of every machine.")
def gateway_command(
    config: Path | None,
    lines: tuple[tuple[Address, Address], ...],
    listen: Address,
    transport: Transport,
    control: Address | None,
    journal: Path | None,
    jitter: int,
    verbose: bool,
) -> None:
    """Run the signalling gateway: SS7 on E1 pseudowires, M3UA to CT servers, until SIGTERM or SIGINT.

    Alarms, links and points that change, and CT servers that come and go are told on standard output.
    """
    level = logging.DEBUG if verbose else logging.INFO
    logging.basicConfig(level=level, format="%(name)s: %(levelname)s: %(message)s", stream=sys.stdout)
    try:
        system = GatewaySystem(load_gateway(config) if config else gateway_config())
        server = GatewayServer(
            system,
            lines,
            address=listen,
            transport=transport,
            control=control,
            journal=journal,
            jitter=jitter * SECOND // 1000,
        )
        asyncio.run(serve(server, started=lambda: _tell_gateway(server, lines)))
    except (CallcenterError, TestrigError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _tell_gateway(server: GatewayServer, lines: tuple[tuple[Address, Address], ...]) -> None:
    _tell_lines(lines)
    assert server.listener is not None
    click.echo(f"M3UA over {server.listener.transport.upper()}: {address_text(server.listener.address)}")
    if server.control_address is not None:
        click.echo(f"control: {address_text(server.control_address)}")
    click.echo("serving")


@main.command("check-config")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--gateway", is_flag=True, help="It is the configuration of a signalling gateway.")
def check_config(file: Path, gateway: bool) -> None:
    """Check a configuration FILE with the flows and prompts it names."""
    try:
        if gateway:
            found = GatewaySystem(load_gateway(file)).config
            click.echo(f"{file}: {len(found.links)} links, {len(found.servers)} application servers: good")
            return
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

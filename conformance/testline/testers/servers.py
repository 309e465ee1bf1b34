"""A call centre of several servers, of which one serves and the others stand by."""

from __future__ import annotations

from typing import Final

from testline.bench import Bench
from testline.measurements import Measurement
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.tup import TupTester
from testline.testers.tup_centre import open_level3
from testline.verdicts import Fail, NotApplicable
from testrig.clock import MILLISECOND, SECOND
from testrig.system import MaintenanceClient

TAKE_OVER: Final = 2 * SECOND
"""Frames a take-over may last: our choice, as T(r) that guards it is left open (RFC 4666 4.3.2)."""

STATES: Final = ("serving", "standing by", "off")


class Servers:
    """The servers as the operator at the rack has them."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.names = bench.pixit.servers
        if len(self.names) < 2:
            raise NotApplicable("the PIXIT names no servers that stand by for each other")

    @property
    def operator(self) -> MaintenanceClient:
        """The operator, who has the power switch."""
        return self.bench.system.maintenance()

    def is_(self, server: str, state: str, *, within: int = TAKE_OVER) -> None:
        """Wait until the operator sees `server` in `state`."""
        self.bench.until(
            lambda: self.operator.server_states().get(server) == state,
            within=within,
            awaited=f"server {server} {state}",
            state=lambda: f"servers: {self.operator.server_states()}",
        )

    @property
    def serving(self) -> str:
        """The server that serves; fail unless it is exactly one."""
        states = self.operator.server_states()
        found = [server for server, state in states.items() if state == "serving"]
        if len(found) != 1 or set(states) != set(self.names) or set(states.values()) - set(STATES):
            raise Fail(awaited=f"one of {', '.join(self.names)} serving", observed=str(states))
        return found[0]

    def power(self, server: str, on: bool) -> None:
        """Cut the power of a server, or switch it on."""
        self.bench.trace.sent(self.bench.now, "operator", "order", f"power {server} {'on' if on else 'off'}")
        self.operator.power(server, on)

    def fails(self, *, within: int = TAKE_OVER) -> str:
        """Cut the power of the server that serves; return the one that has taken over, traffic included."""
        failing, begun = self.serving, self.bench.now
        self.power(failing, False)
        other = next(each for each in self.names if each != failing)
        self.is_(other, "serving", within=within)
        self.bench.trace.received(self.bench.now, "operator", "order", f"{other} serves")
        self.bench.measure(
            Measurement(
                name=f"take-over by {other}",
                value=(self.bench.now - begun) / MILLISECOND,
                unit="ms",
                high=within / MILLISECOND,
                uncertainty=self.bench.rig.block / MILLISECOND,
                clause="requirement N-05",
            )
        )
        self.is_(failing, "off")
        self.bench.run(SECOND)
        return other

    def back(self, server: str) -> None:
        """Switch a server on; it stands by."""
        self.power(server, True)
        self.is_(server, "standing by")


class ServerCentre(Centre):
    """Both user parts on one signalling link, agents, and servers that fail."""

    tup: TupTester

    def open(self, bench: Bench, *, within: int) -> IsupTester:
        """Bring the trunks into service; return the ISUP, beside `tup`."""
        self.servers = Servers(bench)
        mtp3 = open_level3(bench)
        isup, self.tup = IsupTester(bench, mtp3), TupTester(bench, mtp3)
        mtp3.bring_up(within=within)
        bench.run(2 * SECOND)
        return isup

    def fails(self) -> str:
        """Cut the power of the server that serves; return the one that has taken over, traffic included."""
        return self.servers.fails()

    def talking(self, index: int = 0, *, cic: int | None = None) -> tuple[Caller, Agent]:
        """An answered call from the queue with agent number `index`, speech proven."""
        agent = self.agent(index)
        agent.on_duty()
        caller = self.caller(f"1380013800{index}")
        caller.dials(self.pixit.queue_number, cic=cic)
        caller.is_answered()
        agent.telephone.answers(within=6 * SECOND)
        agent.is_in("talking", within=SECOND)
        self.connected(caller, agent)
        return caller, agent

    def waiting(self, number: str) -> Caller:
        """A caller in the queue, for whom nobody is free."""
        caller = self.caller(number)
        caller.dials(self.pixit.queue_number)
        caller.is_answered()
        return caller

    def idle(self, caller: Caller) -> None:
        """Prove the circuit of a call that is over idle."""
        caller.isup.expect_idle(caller.call.cic)

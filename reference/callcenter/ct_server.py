"""A CT server as it stands by and serves: its ASPs, its copy of the history and, while it serves, its
engine."""

from __future__ import annotations

from callcenter.config import CentreConfig
from callcenter.cti.history import History
from callcenter.engine import Engine, new_history
from callcenter.signalling import over_gateways
from testrig.board import Board
from testrig.clock import Instant


class CtServer:
    """One server. It decides nothing: who owns it says when it serves, by what it knows of gateways and
    others."""

    def __init__(self, config: CentreConfig, *, paired: bool, history: History | None = None) -> None:
        """`paired`: another server stands by for this one."""
        self.config = config
        self.history = history or new_history(config)
        self.networks = over_gateways(config, paired=paired)
        self.engine: Engine | None = None

    @property
    def called(self) -> bool:
        """Whether every gateway says that nobody takes the traffic; always, without gateways."""
        return all(network.asp.vacant for network in self.networks.values())

    @property
    def overtaken(self) -> bool:
        """Whether another server has taken the traffic, or may have."""
        return not all(network.asp.taking for network in self.networks.values())

    def serve(self, board: Board, now: Instant, *, new_board: bool) -> None:
        """Serve on `board`: from the beginning, or from where the history ends. `new_board`: it has no spans
        configured yet."""
        fresh = not len(self.history.journal)
        made = Engine(self.config, board, history=self.history, gateways=self.networks, now=now)
        if fresh and new_board:
            made.start()
        else:
            if new_board:
                made.configure()
            made.take_over()
        self.engine = made

    def stand_down(self, now: Instant) -> None:
        """Serve no more, and leave the traffic of every network to others: they need all of it."""
        self.engine = None
        for network in self.networks.values():
            network.stop(now)

    def stand_by(self, now: Instant) -> None:
        """Do what an ASP does that carries no traffic."""
        for network in self.networks.values():
            network.poll(now)
            network.expire(now)
            network.indications()

    @property
    def settled(self) -> bool:
        """True when no octets wait."""
        return all(network.settled for network in self.networks.values())

    @property
    def next_deadline(self) -> Instant | None:
        """When `stand_by` has something to do."""
        parts = (network.next_deadline for network in self.networks.values())
        return min((each for each in parts if each is not None), default=None)

"""Loops of a continuity check: closed and opened on the board, before the call engine takes the circuit."""

from __future__ import annotations

import pytest

from callcenter.config import reference_config
from callcenter.engine import Engine
from callcenter.ss7.isup.codec import Message, compose
from callcenter.ss7.isup.indicators import (
    CallingPartysCategory,
    ContinuityIndicators,
    ForwardCallIndicators,
    NatureOfConnectionIndicators,
    TransmissionMediumRequirement,
)
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import CalledPartyNumber, CauseIndicators
from callcenter.tdm.board import VirtualBoard
from testrig.board import Endpoint, trunk

CIC = 5
PLACE = trunk(0, 5)
MENU = "8008200001"


class RecordingBoard(VirtualBoard):
    """Keeps what is connected to the circuit, in order."""

    def __init__(self) -> None:
        super().__init__(spans=1, stations=4, voice_ports=40)
        self.heard: list[Endpoint | None] = []

    def listen(self, sink: Endpoint, source: Endpoint) -> None:
        if sink == PLACE:
            self.heard.append(source)
        super().listen(sink, source)

    def unlisten(self, sink: Endpoint) -> None:
        if sink == PLACE:
            self.heard.append(None)
        super().unlisten(sink)


class Centre:
    """A centre whose user part is given messages."""

    def __init__(self) -> None:
        self.board = RecordingBoard()
        self.engine = Engine(reference_config(), self.board)
        self.engine.start()
        self.board.heard.clear()
        self.isup = next(user for _, _, user in self.engine.signalling.user_parts())
        self.peer = self.engine.config.point("public")

    def take(self, message: Message) -> None:
        self.isup.receive(self.peer, message.encode(), self.engine.now)
        self.engine.work()

    def seize(self, *, check: int) -> None:
        self.take(
            compose(
                CIC,
                Type.IAM,
                NatureOfConnectionIndicators(continuity_check=check),
                ForwardCallIndicators(),
                CallingPartysCategory(),
                TransmissionMediumRequirement(0),
                CalledPartyNumber(MENU, 3),
            )
        )


@pytest.fixture
def centre() -> Centre:
    return Centre()


def test_check_required_loops_the_circuit_until_cot_and_then_the_menu_is_heard(centre: Centre) -> None:
    centre.seize(check=1)
    assert centre.board.heard == [PLACE]
    centre.take(compose(CIC, Type.COT, ContinuityIndicators(1)))
    assert centre.board.heard[:2] == [PLACE, None]
    assert centre.board.heard[-1] not in (PLACE, None)


def test_check_of_a_previous_circuit_loops_nothing(centre: Centre) -> None:
    centre.seize(check=2)
    assert centre.board.heard == []


@pytest.mark.parametrize("kind", [Type.REL, Type.RSC])
def test_release_or_reset_during_the_check_opens_the_loop(centre: Centre, kind: Type) -> None:
    centre.seize(check=1)
    centre.take(compose(CIC, kind, *([CauseIndicators(16)] if kind is Type.REL else [])))
    assert centre.board.heard[0] == PLACE
    assert centre.board.heard[-1] is None
    assert PLACE not in centre.board.heard[1:]

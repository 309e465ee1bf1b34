"""Associations in memory: listen, dial, refuse, lose, dial again by line time."""

from __future__ import annotations

import pytest

from testrig.association import RETRY
from testrig.errors import LimitError
from testrig.ports import MemoryDialler, MemoryPorts

HERE = "192.0.2.1:2905"


def test_who_dials_meets_who_listens() -> None:
    ports = MemoryPorts()
    listener, dialler = ports.listen(HERE), MemoryDialler(ports, HERE)
    near = dialler.poll(0)
    (far,) = listener.accept()
    assert near is not None
    near.send(b"up")
    assert far.receive() == b"up"
    assert dialler.poll(1) is None
    assert dialler.next_deadline is None
    assert not listener.accept()


def test_refused_dialler_tries_again_each_retry() -> None:
    ports = MemoryPorts()
    dialler = MemoryDialler(ports, HERE)
    assert dialler.poll(0) is None
    assert dialler.next_deadline == RETRY
    ports.listen(HERE)
    assert dialler.poll(RETRY - 1) is None
    assert dialler.poll(RETRY) is not None


@pytest.mark.parametrize("who", ["near", "far"])
def test_lost_association_is_dialled_again_after_retry(who: str) -> None:
    ports = MemoryPorts()
    listener, dialler = ports.listen(HERE), MemoryDialler(ports, HERE)
    near = dialler.poll(0)
    (far,) = listener.accept()
    assert near is not None
    (near if who == "near" else far).close()
    assert dialler.poll(7) is None
    assert dialler.next_deadline == 7 + RETRY
    assert dialler.poll(7 + RETRY) is not None


def test_closed_listener_refuses_and_leaves_its_associations() -> None:
    ports = MemoryPorts()
    listener = ports.listen(HERE)
    near = ports.dial(HERE)
    (far,) = listener.accept()
    listener.close()
    assert ports.dial(HERE) is None
    assert near is not None
    far.send(b"still")
    assert near.receive() == b"still"
    ports.listen(HERE)
    listener.close()
    assert ports.dial(HERE) is not None, "another listener is not closed with the first"


def test_two_cannot_listen_at_one_endpoint() -> None:
    ports = MemoryPorts()
    ports.listen(HERE)
    with pytest.raises(LimitError, match=HERE):
        ports.listen(HERE)

"""The time-slot switch: any permutation of thousands of slots, fan-out, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.tdm.switch import TimeSlotSwitch
from testrig.errors import LimitError


@pytest.mark.parametrize("slots", [1, 32, 4096, 16_384])
def test_every_slot_hears_another_at_once(slots: int) -> None:
    generator = np.random.default_rng(slots)
    permutation = generator.permutation(slots)
    switch = TimeSlotSwitch(slots)
    for sink, source in enumerate(permutation.tolist()):
        switch.connect(sink, source)
    bus = generator.integers(0, 256, (slots, 40), np.uint8)
    assert (switch.sinks == np.arange(slots)).all()
    assert (switch.gather(bus) == bus[permutation]).all()


def test_one_source_feeds_every_sink() -> None:
    switch = TimeSlotSwitch(500)
    for sink in range(500):
        switch.connect(sink, 7)
    bus = np.arange(500 * 3, dtype=np.uint16).astype(np.uint8).reshape(500, 3)
    assert (switch.gather(bus) == bus[7]).all()


@given(st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(0, 9)))))
def test_last_order_for_a_sink_counts(orders: list[tuple[int, int | None]]) -> None:
    switch = TimeSlotSwitch(10)
    expected: dict[int, int] = {}
    bus = np.arange(10, dtype=np.uint8)[:, None]
    for sink, source in orders:
        if source is None:
            switch.disconnect(sink)
            expected.pop(sink, None)
        else:
            switch.connect(sink, source)
            expected[sink] = source
        heard = dict(zip(switch.sinks.tolist(), switch.gather(bus)[:, 0].tolist(), strict=True))
        assert heard == expected
        assert switch.source_of(sink) == source


def test_changes_tell_whether_connections_changed() -> None:
    switch = TimeSlotSwitch(4)
    switch.disconnect(1)
    assert switch.changes == 0
    switch.connect(1, 2)
    switch.disconnect(1)
    assert switch.changes == 2


@pytest.mark.parametrize(("sink", "source"), [(-1, 0), (4, 0), (0, -1), (0, 4)])
def test_slots_that_are_not_there_are_refused(sink: int, source: int) -> None:
    switch = TimeSlotSwitch(4)
    with pytest.raises(LimitError, match=r"0 to 3 expected"):
        switch.connect(sink, source)
    assert not len(switch.sinks)

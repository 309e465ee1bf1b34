"""An outside program calls the call centre that `callcenter serve` runs: another process, UDP, real time.

The outside program is the judge's own tester, behind a SAToP pseudowire. It is paced by the packets of the
server, so nothing here depends on how fast the machine is; only whether the call comes about is tested.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callcenter.system import centre
from served_process import Wire, served
from testline.bench import Bench
from testline.testers import Caller, open_isup
from testrig.clock import SECOND

pytestmark = pytest.mark.xdist_group("real time")  # not beside each other: they need the processor in time


@pytest.fixture
def wire() -> Iterator[Wire]:
    """The tester's end of the pseudowire of a server that runs."""
    with served(centre({}).pixit, "serve") as (wire, _):
        yield wire


def test_outside_program_calls_the_served_centre(wire: Wire) -> None:
    bench = Bench(wire)  # type: ignore[arg-type]
    isup = open_isup(bench, within=60 * SECOND)
    caller = Caller(isup)
    caller.dials(wire.system.pixit.menu_number)
    caller.is_answered(within=30 * SECOND)
    caller.hears_tone(wire.system.pixit.prompts["menu"], within=30 * SECOND)
    caller.presses(wire.system.pixit.announcement_key)
    caller.hears_tone(wire.system.pixit.prompts["information"], within=30 * SECOND)
    caller.hangs_up(within=30 * SECOND)

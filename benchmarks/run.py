"""The speed budgets of the design, as ratios measured in one run (`tox -e bench`).

Every row compares two things that run one after the other in the same process, several rounds, so that a
slow machine slows both; the median of the rounds is printed with the budget beside it. Nothing here is a
test: a figure under its budget is printed as such, and the command still ends well.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"  # the budgets are for one core; read when numpy is imported

import numpy as np  # noqa: E402

ROUNDS = 5


@dataclass
class Row:
    """One line of the table."""

    what: str
    figure: str
    budget: str


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one run of `work`."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def ratio(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float, float]:
    """How many times longer `other` takes than `one`: median of the rounds, and both medians in seconds."""
    pairs = [(seconds(one), seconds(other)) for _ in range(ROUNDS)]
    return (
        statistics.median(b / a for a, b in pairs),
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
    )


def isup_messages(calls: int) -> list[bytes]:
    """The messages of calls between different numbers on different circuits, by the judge's layer."""
    from testline.layers.isup import message  # noqa: PLC0415

    messages = []
    for number in range(calls):
        cic, called, calling = number % 480, f"021{55550000 + 7 * number}F", f"138{10000000 + 13 * number}"
        messages += [
            bytes(message("IAM", cic, called=called, calling=calling)),
            bytes(message("ACM", cic, called_status=1)),
            bytes(message("CPG", cic, event=1)),
            bytes(message("ANM", cic)),
            bytes(message("REL", cic, cause=16)),
            bytes(message("RLC", cic)),
        ]
    return messages


def isup_decode() -> list[Row]:
    """Decode of every parameter: the reference's codec against the judge's layer and against pycrate."""
    from callcenter.ss7.isup.codec import decode  # noqa: PLC0415
    from testline.layers.isup import decode_isup  # noqa: PLC0415

    messages = isup_messages(100)
    times, ours, _ = ratio(
        lambda: [decode(octets) for octets in messages], lambda: [decode_isup(octets) for octets in messages]
    )
    rows = [
        Row(
            "ISUP decode against the judge's scapy layer",
            f"{times:.1f} x ({len(messages) / ours:,.0f} a second)",
            "20 x",
        )
    ]
    try:
        from pycrate_mobile.ISUP import parse_ISUP  # noqa: PLC0415
    except ImportError:
        return [*rows, Row("ISUP decode against pycrate", "not run: pycrate missing", "100 x")]
    times, _, _ = ratio(
        lambda: [decode(octets) for octets in messages], lambda: [parse_ISUP(octets) for octets in messages]
    )
    return [*rows, Row("ISUP decode against pycrate", f"{times:.1f} x", "100 x")]


def dtmf() -> list[Row]:
    """Receivers on 4,096 channels of noise at speech level against spandsp's receiver looped over them."""
    from callcenter.media import g711  # noqa: PLC0415
    from callcenter.media.dtmf import DtmfBank  # noqa: PLC0415

    channels, block = 4096, 160
    linear = np.random.default_rng(1).normal(0, 1000, (channels, block)).astype(np.int16)
    alaw = g711.encode(linear)
    bank = DtmfBank(channels)
    active = np.arange(channels)
    name = ctypes.util.find_library("spandsp")
    what = "DTMF receivers on 4,096 slots against spandsp looped over channels"
    bank.process(alaw, active, 0)
    if name is None:
        return [Row(what, "not run: libspandsp2 missing", "1.5 x")]
    library = ctypes.CDLL(name)
    library.dtmf_rx_init.restype = ctypes.c_void_p
    library.dtmf_rx_init.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.dtmf_rx.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    states = [library.dtmf_rx_init(None, None, None) for _ in range(channels)]
    pointers = [linear[channel].ctypes.data for channel in range(channels)]
    receive = library.dtmf_rx

    def spandsp() -> None:
        for state, pointer in zip(states, pointers, strict=True):
            receive(state, pointer, block)

    times, ours, _ = ratio(lambda: bank.process(alaw, active, 0), spandsp)
    slots = channels * (block / 8000) / ours
    return [
        Row(what, f"{times:.2f} x", "1.5 x"),
        Row("slots with a DTMF receiver on each in real time, one core", f"{slots:,.0f}", "16,384"),
    ]


def call_script(pixit: Any, count: int) -> list[tuple[bytes, bytes]]:
    """IAM and REL of `count` calls to the menu, round and round the circuits."""
    from testline.layers.isup import message  # noqa: PLC0415

    circuits = [circuit.cic for circuit in pixit.circuits]
    return [
        (
            bytes(message("IAM", circuits[n % 30], called=pixit.menu_number, calling=f"138{n:08d}")),
            bytes(message("REL", circuits[n % 30], cause=16)),
        )
        for n in range(count)
    ]


def drive(engine: Any, peer: int, script: list[tuple[bytes, bytes]]) -> Callable[[], None]:
    """What plays the script into the engine's ISUP."""
    isup = next(user for _, _, user in engine.signalling.user_parts())

    def work() -> None:
        for setup, release in script:
            isup.receive(peer, setup, engine.now)
            engine.work()
            isup.receive(peer, release, engine.now)
            engine.work()

    return work


def calls() -> list[Row]:
    """Complete calls through ISUP, call engine, switch and journal, without the line below."""
    from callcenter.system import centre  # noqa: PLC0415
    from testrig.virtual import LinePair  # noqa: PLC0415

    count = 1000
    rates = []
    for _ in range(ROUNDS):
        system = centre({})
        system.attach([LinePair("line0").b], [])
        script = call_script(system.pixit, count)
        run_calls = drive(system.engine, system.pixit.tester_point_code, script)
        rates.append(count / seconds(run_calls))
        records = len(system.supervisor().records())
        if records != count:
            return [Row("complete ISUP calls a second", f"not measured: {records} of {count} calls", "1,000")]
    return [
        Row(
            "complete ISUP calls a second (routed, switched, journalled)",
            f"{statistics.median(rates):,.0f}",
            "1,000",
        )
    ]


def line_time() -> list[Row]:
    """Line time against wall time: a whole inbound call with an agent, and a call that stays up."""
    from testline.bench import Bench  # noqa: PLC0415
    from testline.testers import Centre  # noqa: PLC0415
    from testrig.clock import SECOND  # noqa: PLC0415
    from testrig.rig import open_rig  # noqa: PLC0415

    def talking() -> tuple[Centre, Any, Any]:
        centre = Centre(Bench(open_rig("virtual")))
        agent = centre.agent(0)
        agent.on_duty()
        caller = centre.caller()
        caller.dials(centre.pixit.menu_number)
        caller.is_answered()
        caller.hears_tone(centre.pixit.prompts["menu"], within=10 * SECOND)
        caller.presses(centre.pixit.queue_key)
        agent.telephone.answers(within=10 * SECOND)
        centre.connected(caller, agent)
        return centre, caller, agent

    def pace(centre: Centre, work: Callable[[], object]) -> float:
        begun, before = time.perf_counter(), centre.bench.now
        work()
        return (centre.bench.now - before) / SECOND / (time.perf_counter() - begun)

    whole, up, short = [], [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        centre, caller, agent = talking()
        centre.bench.run(60 * SECOND)
        caller.hangs_up()
        agent.telephone.replace()
        centre.bench.run(3 * SECOND)
        whole.append(centre.bench.now / SECOND / (time.perf_counter() - begun))
        centre, caller, agent = talking()
        caller.says_tone(1020)
        up.append(pace(centre, lambda centre=centre: centre.bench.run(60 * SECOND)))  # type: ignore[misc]

        def steps(centre: Centre = centre) -> None:
            for _ in range(1000):
                centre.bench.step(centre.bench.now + 40)

        short.append(pace(centre, steps))
    return [
        Row(
            "line time a wall second: whole inbound call with agent, 1 minute",
            f"{statistics.median(whole):.0f} x",
            "20 x",
        ),
        Row(
            "line time a wall second: one span, SS7, a call up with speech",
            f"{statistics.median(up):.0f} x",
            "50 x",
        ),
        Row("the same in blocks of 5 ms throughout", f"{statistics.median(short):.0f} x", "none"),
    ]


def show(rows: list[Row]) -> None:
    """Print the table."""
    width = max(len(row.what) for row in rows)
    print(f"{'what':{width}}  {'measured':>32}  {'budget':>8}")
    for row in rows:
        print(f"{row.what:{width}}  {row.figure:>32}  {row.budget:>8}")


def main() -> int:
    rows: list[Row] = []
    for part in (isup_decode, dtmf, calls, line_time):
        print(f"measuring: {part.__doc__.splitlines()[0] if part.__doc__ else part.__name__}", flush=True)
        rows += part()
    print()
    show(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())

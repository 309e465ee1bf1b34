"""The long runs: mutated signal units and M3UA messages by the million, and a day of busy hours on 16 E1
(`tox -e soak`).

They drive the reference by `callcenter.exercise`, print progress and figures, and end with status 1 when
something is wrong afterwards. The same in short are tests: `test_fuzz.py`, `test_fuzz_gateway.py`,
`test_busy_day.py`. Captures in `../shared/data` are seeds where they are present and tshark is installed.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from callcenter.config import reference_config
from callcenter.exercise.busy import Busy
from callcenter.exercise.captures import messages
from callcenter.exercise.fuzz import Fuzz, holdings
from callcenter.exercise.gateways import GatewayFuzz
from callcenter.gateway import gateway_config
from testrig.clock import MINUTE

HOUR = 60 * MINUTE
CONFIGURATIONS = (
    ("transit.toml", "public"),
    ("tup.toml", "china"),
    ("sixteen.toml", "public"),
    ("transfer.toml", "public"),
    ("dual.toml", "public"),
    ("network.toml", "public"),
)
"""What is fuzzed: file and network. ISUP and TUP, labels of 14 and 24 bits, one link and several, two
networks at once, routes over other points, and a transfer point."""
GATEWAY_NETWORKS = ("public", "china")
"""Networks of `gateway.toml`, for mutated M3UA messages."""
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SAMPLES = "realjimmy+sample-captures/wireshark-samples/files"
CAPTURES = {
    "isup": (
        f"{SAMPLES}/sigtran-protocol-family/isup_load_generator.pcap",
        f"{SAMPLES}/sigtran-protocol-family/isup.cap",
        "arkime+arkime/tests/pcap/m3ua_synthetic.pcap",
    ),
    "m3ua": (
        f"{SAMPLES}/specific-protocols-and-protocol-families/3gpp_mc.cap",
        "arkime+arkime/tests/pcap/m3ua_synthetic.pcap",
    ),
}
"""Captures with messages of a protocol."""
MOST = 300
"""Messages of a capture that become seeds, so that they do not crowd out the others."""
PARTS = 10


def resident() -> float:
    """Megabytes of memory in use."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def say(text: str) -> None:
    print(text, flush=True)


def grown(before: Counter[str], after: Counter[str]) -> dict[str, int]:
    """Types of which there are more objects than before, and how many more."""
    return dict(after - before)


def captured(protocol: str) -> list[bytes]:
    """Messages of the captures that are there."""
    found: list[bytes] = []
    for name in CAPTURES[protocol]:
        if (DATA / name).exists():
            found += messages(DATA / name, protocol)[:MOST]
    say(f"{len(found)} {protocol} messages of captures as seeds")
    return found


def parts(
    name: str, run: Fuzz | GatewayFuzz, units: int, wrong: Callable[[], list[str]], root: object
) -> tuple[int, float]:
    """Send `units` mutants in parts, each followed by recovery and a count of what `root` holds; return how
    many faults showed and the seconds of CPU the mutants took."""
    faults, before, spent = 0, Counter[str](), 0.0
    for part in range(PARTS):
        begun = time.process_time()
        try:
            run.units(units // PARTS)
        except Exception as error:
            say(f"  {name}: unit {run.figures.units}: {type(error).__name__}: {error}")
            return faults + 1, spent
        spent += time.process_time() - begun
        found = run.recover() + wrong()
        faults += len(found)
        for each in found[:5]:
            say(f"  {name}: {each}")
        after = holdings(root)
        more = grown(before, after) if before else {}
        before = after
        say(
            f"  {name}: {run.figures.units:,} units, {resident():.0f} MB, "
            f"{sum(after.values()):,} objects held, more of {more or 'none'} after part {part + 1}"
        )
    return faults, spent


def fuzz(units: int, seed: int) -> int:
    """Mutated signal units against every configuration; return how many faults showed."""
    faults, seeds = 0, captured("isup")
    for file, network in CONFIGURATIONS:
        run = Fuzz(reference_config({"file": file, "network": network}), seed, captured=seeds)
        name = f"{file} {network} seed {seed}"
        found, spent = parts(name, run, units // len(CONFIGURATIONS), run.normal_call, run.country.engine)
        faults += found
        figures = run.figures
        say(
            f"{file} {network}: {figures.units:,} units, {figures.units / max(spent, 1e-9):,.0f} a second; "
            f"{figures.raw:,} put on the line as they are, {figures.link_failures:,} link failures, "
            f"{figures.calls:,} calls on record, {figures.line_time / 60:,.0f} minutes of line time"
        )
    say(f"fuzz: {faults} faults")
    return faults


def fuzz_gateway(units: int, seed: int) -> int:
    """Mutated M3UA messages against gateway and servers; return how many faults showed."""
    faults, seeds = 0, captured("m3ua")
    for number, network in enumerate(GATEWAY_NETWORKS, seed):
        run = GatewayFuzz(gateway_config({"network": network}), number, seeds=seeds)
        name = f"gateway {network} seed {number}"
        region = run.region
        root = (region.gateways[0], [server.asp for server in region.servers])
        found, spent = parts(name, run, units // len(GATEWAY_NETWORKS), run.traffic, root)
        faults += found
        figures, sgp = run.figures, region.gateways[0].sgp
        say(
            f"gateway {network}: {figures.units:,} messages, "
            f"{figures.units / max(spent, 1e-9):,.0f} a second; {figures.raw:,} to servers, "
            f"{sgp.refused:,} screened, {figures.associations:,} associations, "
            f"{figures.line_time / 60:,.0f} minutes of line time"
        )
    say(f"gateway fuzz: {faults} faults")
    return faults


def day(hours: int, seed: int) -> int:
    """Busy hours on 480 circuits; return how many things are wrong afterwards."""
    busy = Busy(reference_config({"file": "sixteen.toml"}), seed=seed)
    busy.run(HOUR // 4)
    busy.drain()
    before = holdings(busy.country.engine)
    say(f"warm: {sum(before.values()):,} objects held besides the journal, {resident():.0f} MB")
    begun, traffic, journal = time.process_time(), busy.traffic, busy.country.engine.journal
    for hour in range(1, hours + 1):
        taken, at = traffic.circuit_frames, busy.country.now
        busy.run(HOUR)
        occupied = (traffic.circuit_frames - taken) / (busy.country.now - at)
        say(
            f"  hour {hour:2}: {traffic.placed:,} calls of subscribers, {occupied:.0f} of {busy.circuits} "
            f"circuits taken on average, {len(journal):,} events, {len(journal) - journal.first + 1:,} kept, "
            f"{resident():.0f} MB, {time.process_time() - begun:.0f} s"
        )
    busy.drain()
    wrong = busy.wrong()
    after = holdings(busy.country.engine)
    more = grown(before, after)
    records = busy.country.engine.calls._number
    say(
        f"{hours} hours: {records:,} calls at the centre, {traffic.blocked:,} found no circuit, "
        f"{sum(after.values()):,} objects held, more of {more or 'none'}, "
        f"{len(journal) / max(1, records):.1f} events a call"
    )
    for each in wrong:
        say(f"  wrong: {each}")
    return len(wrong) + len(more)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--units", type=int, default=1_000_000, help="mutants of each kind, all configurations"
    )
    parser.add_argument("--hours", type=int, default=24, help="busy hours")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    runs: list[Callable[[], int]] = []
    if chosen.units:
        runs.append(lambda: fuzz(chosen.units, chosen.seed))
        runs.append(lambda: fuzz_gateway(chosen.units, chosen.seed))
    if chosen.hours:
        runs.append(lambda: day(chosen.hours, chosen.seed))
    begun = time.perf_counter()
    faults = sum(run() for run in runs)
    say(f"{faults} faults in {time.perf_counter() - begun:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

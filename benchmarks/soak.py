"""The long runs: mutated signal units by the million, and a day of busy hours on 16 E1 (`tox -e soak`).

Both drive the reference by `callcenter.exercise`, print progress and figures, and end with status 1 when
something is wrong afterwards. The same in short are tests: `test_fuzz.py`, `test_busy_day.py`.
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
from callcenter.exercise.fuzz import Fuzz, holdings
from testrig.clock import MINUTE

HOUR = 60 * MINUTE
CONFIGURATIONS = (
    ("transit.toml", "public"),
    ("tup.toml", "china"),
    ("sixteen.toml", "public"),
    ("transfer.toml", "public"),
)
"""What is fuzzed: file and network. ISUP and TUP, labels of 14 and 24 bits, one link and several, and a
transfer point."""
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


def fuzz(units: int, seed: int) -> int:
    """Mutants against every configuration; return how many faults showed."""
    faults = 0
    for file, network in CONFIGURATIONS:
        run = Fuzz(reference_config({"file": file, "network": network}), seed)
        share, before, spent = units // len(CONFIGURATIONS), Counter[str](), 0.0
        for part in range(PARTS):
            begun = time.process_time()
            try:
                run.units(share // PARTS)
            except Exception as error:
                say(f"  {file} seed {seed}: unit {run.figures.units}: {type(error).__name__}: {error}")
                faults += 1
                break
            spent += time.process_time() - begun
            wrong = run.recover() + run.normal_call()
            faults += len(wrong)
            for each in wrong[:5]:
                say(f"  {file} seed {seed}: {each}")
            after = holdings(run.country.engine)
            more = grown(before, after) if before else {}
            before = after
            say(
                f"  {file} {network}: {run.figures.units:,} units, {resident():.0f} MB, "
                f"{sum(after.values()):,} objects held, more of {more or 'none'} after part {part + 1}"
            )
        figures = run.figures
        say(
            f"{file} {network}: {figures.units:,} units, {figures.units / max(spent, 1e-9):,.0f} a second; "
            f"{figures.raw:,} put on the line as they are, {figures.link_failures:,} link failures, "
            f"{figures.calls:,} calls on record, {figures.line_time / 60:,.0f} minutes of line time"
        )
    say(f"fuzz: {faults} faults")
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
    parser.add_argument("--units", type=int, default=1_000_000, help="mutants, all configurations together")
    parser.add_argument("--hours", type=int, default=24, help="busy hours")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    parts: list[Callable[[], int]] = []
    if chosen.units:
        parts.append(lambda: fuzz(chosen.units, chosen.seed))
    if chosen.hours:
        parts.append(lambda: day(chosen.hours, chosen.seed))
    begun = time.perf_counter()
    faults = sum(part() for part in parts)
    say(f"{faults} faults in {time.perf_counter() - begun:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a caller hears from a service: prompts told apart by the marker tones of the PIXIT, and call progress
tones by their cadence."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.speech import Voice
from testline.verdicts import Fail, Inconclusive
from testrig.clock import MILLISECOND, SECOND, Instant
from testrig.instruments.analyser import Burst
from testrig.system import Pixit

TONE_HZ: Final = 450.0
"""Call progress tones of the Chinese network (E.180 supplement 2; unverified)."""
CADENCES: Final[dict[str, tuple[int, int]]] = {
    "ringback": (SECOND, 4 * SECOND),
    "busy": (350 * MILLISECOND, 350 * MILLISECOND),
    "congestion": (700 * MILLISECOND, 700 * MILLISECOND),
}
"""Frames on and off of each tone (E.180 supplement 2, China; unverified)."""
TOLERANCE: Final = 0.1
"""Part by which a period of a cadence may differ (E.180 clause 5: ±10 % recommended; unverified)."""
GRAIN: Final = 10 * MILLISECOND
"""The ends of a burst are seen in steps of it, so a length may differ by one."""


def prompt_hz(pixit: Pixit, name: str) -> float:
    """Return the marker tone of prompt `name`; `Inconclusive` when the PIXIT does not give it."""
    found = pixit.prompts.get(name)
    if found is None:
        raise Inconclusive(f"the PIXIT gives no tone that tells the prompt {name!r} from the others")
    return found


def hears_prompt(caller: Caller, name: str, *, within: int) -> Instant:
    """Wait until the caller hears prompt `name`; return when."""
    caller.hears_tone(prompt_hz(caller.isup.pixit, name), within=within)
    return caller.isup.bench.now


def hears_no_prompt(caller: Caller, *names: str, during: int) -> None:
    """Fail when the caller hears one of these prompts within `during` frames."""
    voice = caller.voice
    voice.clear()
    ears = {name: voice.ear(prompt_hz(caller.isup.pixit, name)) for name in names}
    voice.bench.never(
        lambda: [name for name, ear in ears.items() if ear() is not None] or None,
        during=during,
        unwanted=f"prompt {' or '.join(names)} at {voice.name}",
        state=lambda: f"{voice.name} hears {voice.heard()}",
    )


def in_menu(centre: Centre, number: str = "13800138000", *, cic: int | None = None) -> Caller:
    """Return a caller who has heard greeting and menu to their end and may press a key."""
    caller = centre.caller(number)
    caller.dials(centre.pixit.menu_number, cic=cic)
    caller.is_answered()
    menu_is_over(caller)
    return caller


def menu_is_over(caller: Caller, *, within: int = 30 * SECOND) -> None:
    """Wait until the caller has heard the menu to its end."""
    hears_prompt(caller, "menu", within=within)
    caller.hears_silence(during=SECOND // 4, within=within)


def hears_cadence(voice: Voice, name: str, *, within: int, periods: int = 2) -> None:
    """Wait for `periods` whole periods of a call progress tone in its cadence (a key of `CADENCES`).

    Fails when bursts of another cadence are heard.
    """
    on, off = CADENCES[name]
    watch = voice.watch(TONE_HZ)
    bursts: list[Burst] = voice.bench.until(
        lambda: watch.bursts if len(watch.bursts) > periods + 1 else None,
        within=within + (periods + 2) * (on + off),
        awaited=f"{voice.name} hears {name} tone",
        state=lambda: f"{voice.name} hears {voice.heard()}",
    )[1:]
    found = [(burst.end - burst.start, later.start - burst.end) for burst, later in pairwise(bursts)]
    for lasted, paused in found:
        for frames, wanted in ((lasted, on), (paused, off)):
            if abs(frames - wanted) > TOLERANCE * wanted + GRAIN:
                raise Fail(
                    awaited=f"{name} tone, {on / SECOND:g} s on and {off / SECOND:g} s off",
                    state=f"{voice.name} hears {TONE_HZ:g} Hz",
                    observed=f"{lasted / SECOND:g} s on and {paused / SECOND:g} s off",
                )
    voice.bench.trace.received(voice.bench.now, voice.name, "audio", f"{name} tone")

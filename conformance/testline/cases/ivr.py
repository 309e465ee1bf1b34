"""Interactive voice response: greeting, menu, keys, corrections, time-outs and callers who leave.

The service under test is the one the PIXIT describes: a greeting, then a menu in which one key leads to the
queue, one to an announcement and back, and one is not known.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.measurements import Measurement
from testline.testers import Caller, Centre
from testline.testers.prompts import hears_no_prompt, hears_prompt, in_menu, menu_is_over, prompt_hz
from testrig.clock import MILLISECOND, SECOND

PROMPT: Final = 30 * SECOND
"""Frames a prompt may last before the next one is awaited in vain."""
MENU_PATIENCE: Final = 20 * SECOND
"""Frames within which a menu must notice that no key comes."""
NORMAL: Final = 16
"""Cause: normal call clearing (Q.850 table 1)."""


def calls_menu(centre: Centre, number: str = "13800138000") -> Caller:
    """Return a caller whose call to the menu has been answered."""
    caller = centre.caller(number)
    caller.dials(centre.pixit.menu_number)
    caller.is_answered(within=5 * SECOND)
    return caller


def stops_within(caller: Caller, prompt: str, key: str, within_ms: float) -> None:
    """Press `key` while `prompt` plays and measure how long the prompt goes on after the tone's begin."""
    hz = prompt_hz(caller.isup.pixit, prompt)
    watch = caller.voice.watch(hz)
    bench = caller.isup.bench
    bench.until(
        lambda: watch.present == hz or None, within=PROMPT, awaited=f"{caller.voice.name} hears {prompt}"
    )
    begun = bench.now
    caller.presses(key)
    bench.run(3 * SECOND)
    last = max((burst.end for burst in watch.bursts), default=begun)
    bench.measure(
        Measurement(
            name=f"{prompt} heard after a key was pressed",
            value=round((last - begun) / MILLISECOND, 1),
            unit="ms",
            high=within_ms,
            uncertainty=10,
            clause="requirement I-01",
        )
    )


@case(
    "IVR/1",
    "The greeting is heard at once",
    clauses=["requirement I-02", "Q.764 2.1.4"],
    proves=["I-02", "P-01"],
    needs=["ivr", "isup.incoming"],
)
def test_greeting_is_heard(centre: Centre) -> None:
    """A call to the menu is answered within 2 s and the greeting is heard within 2 s of the answer."""
    caller = centre.caller()
    caller.dials(centre.pixit.menu_number)
    caller.is_answered(within=2 * SECOND)
    hears_prompt(caller, "greeting", within=2 * SECOND)
    caller.hangs_up()


@case(
    "IVR/2",
    "Prompts are heard at their level",
    clauses=["requirement I-02", "G.711 4"],
    proves=["I-02", "P-02"],
    needs="ivr",
)
def test_prompt_level(centre: Centre) -> None:
    """The greeting arrives between -20 and -5 dBm0: to be understood, and no overload of the network."""
    caller = calls_menu(centre)
    hz = prompt_hz(centre.pixit, "greeting")
    watch = caller.voice.watch(hz)
    centre.bench.until(
        lambda: watch.bursts or None, within=5 * SECOND, awaited="a whole burst of the greeting"
    )
    centre.bench.measure(
        Measurement(
            name="level of the greeting",
            value=round(watch.bursts[0].level_dbm0, 2),
            unit="dBm0",
            low=-20,
            high=-5,
            uncertainty=0.2,
            clause="requirement I-02",
        )
    )
    caller.hangs_up()


@case(
    "IVR/3",
    "The menu follows the greeting",
    clauses=["requirement I-01"],
    proves=["I-01", "I-05"],
    needs="ivr",
)
def test_menu_follows_greeting(centre: Centre) -> None:
    """After the greeting the menu is heard, and then there is silence in which a key may be pressed."""
    caller = calls_menu(centre)
    hears_prompt(caller, "greeting", within=2 * SECOND)
    menu_is_over(caller, within=PROMPT)
    caller.hangs_up()


@case(
    "IVR/4",
    "A key leads to an agent",
    clauses=["requirement I-01", "requirement A-05"],
    proves=["I-01", "A-05"],
    needs=["ivr", "acd", "agents"],
)
def test_key_leads_to_agent(centre: Centre) -> None:
    """The key for an agent rings a free agent within 2 s; both hear each other after the answer."""
    agent = centre.agent()
    agent.on_duty()
    caller = in_menu(centre)
    caller.presses(centre.pixit.queue_key)
    agent.telephone.answers(within=2 * SECOND)
    agent.is_in("talking", within=SECOND)
    centre.connected(caller, agent)
    caller.hangs_up()


@case(
    "IVR/5",
    "A key leads to an announcement and back to the menu",
    clauses=["requirement I-01", "requirement I-02"],
    proves=["I-01", "I-02"],
    needs="ivr",
)
def test_announcement_and_back(centre: Centre) -> None:
    """The announcement key plays the announcement, and the menu follows it, twice in a row."""
    caller = in_menu(centre)
    for _ in range(2):
        caller.presses(centre.pixit.announcement_key)
        hears_prompt(caller, "information", within=2 * SECOND)
        menu_is_over(caller, within=PROMPT)
    caller.hangs_up()


@case(
    "IVR/6",
    "A wrong key is explained",
    clauses=["requirement I-01"],
    proves=["I-01"],
    needs="ivr",
)
def test_wrong_key_is_explained(centre: Centre) -> None:
    """A key the menu does not know gives the prompt about it within 2 s, and the menu again."""
    caller = in_menu(centre)
    caller.presses(centre.pixit.wrong_key)
    hears_prompt(caller, "invalid", within=2 * SECOND)
    menu_is_over(caller, within=PROMPT)
    caller.hangs_up()


@case(
    "IVR/7",
    "A wrong key can be corrected",
    clauses=["requirement I-01"],
    proves=["I-01", "A-05"],
    needs=["ivr", "acd", "agents"],
)
def test_wrong_key_can_be_corrected(centre: Centre) -> None:
    """The key for an agent works after a wrong one, also while the prompt about the wrong key plays."""
    agent = centre.agent()
    agent.on_duty()
    caller = in_menu(centre)
    caller.presses(centre.pixit.wrong_key)
    hears_prompt(caller, "invalid", within=2 * SECOND)
    caller.presses(centre.pixit.queue_key)
    agent.telephone.rings(within=2 * SECOND)
    caller.hangs_up()


@case(
    "IVR/8",
    "No key: the caller is reminded",
    clauses=["requirement I-01"],
    proves=["I-01"],
    needs="ivr",
)
def test_no_key_is_reminded(centre: Centre) -> None:
    """A caller who presses nothing hears the reminder 2 to 20 s after the menu, and the menu again."""
    caller = in_menu(centre)
    over = centre.bench.now
    at = hears_prompt(caller, "timeout", within=MENU_PATIENCE)
    centre.bench.measure(
        Measurement(
            name="end of the menu to the reminder",
            value=round((at - over) / SECOND, 2),
            unit="s",
            low=2,
            high=MENU_PATIENCE / SECOND,
            uncertainty=0.5,
            clause="requirement I-01",
        )
    )
    menu_is_over(caller, within=PROMPT)
    caller.hangs_up()


@case(
    "IVR/9",
    "A caller who never chooses is released",
    clauses=["requirement I-01", "Q.764 2.3.1", "Q.850 table 1"],
    proves=["I-01", "N-01"],
    needs="ivr",
)
def test_never_chooses(centre: Centre) -> None:
    """Within 2 minutes the goodbye is heard and the call cleared with cause 16; the circuit is idle again."""
    caller = in_menu(centre)
    cic = caller.call.cic
    hears_prompt(caller, "goodbye", within=120 * SECOND)
    caller.is_released(within=PROMPT, cause=NORMAL)
    centre.isup.expect_idle(cic)


@case(
    "IVR/10",
    "Wrong keys without end",
    clauses=["requirement I-01", "Q.764 2.3.1", "Q.850 table 1"],
    proves=["I-01"],
    needs="ivr",
)
def test_wrong_keys_without_end(centre: Centre) -> None:
    """A caller who presses ten wrong keys at most hears the goodbye and is cleared with cause 16."""
    caller = in_menu(centre)
    cic = caller.call.cic
    goodbye = caller.voice.watch(prompt_hz(centre.pixit, "goodbye"))
    for _ in range(10):
        caller.presses(centre.pixit.wrong_key)
        centre.bench.run(SECOND // 2)
        if goodbye.bursts or goodbye.present:
            break
    centre.bench.until(
        lambda: goodbye.bursts or None, within=2 * SECOND, awaited=f"{caller.voice.name} hears goodbye"
    )
    caller.is_released(within=PROMPT, cause=NORMAL)
    centre.isup.expect_idle(cic)


@case(
    "IVR/11",
    "A right key forgives the wrong ones before it",
    clauses=["requirement I-01"],
    proves=["I-01", "I-05"],
    needs="ivr",
)
def test_right_key_forgives(centre: Centre) -> None:
    """A wrong key and the announcement key in turn, six times: the caller is not released."""
    caller = in_menu(centre)
    for _ in range(6):
        caller.presses(centre.pixit.wrong_key)
        hears_prompt(caller, "invalid", within=2 * SECOND)
        caller.presses(centre.pixit.announcement_key)
        hears_prompt(caller, "information", within=2 * SECOND)
    caller.hangs_up()


@case(
    "IVR/12",
    "A key interrupts the greeting",
    clauses=["requirement I-01"],
    proves=["I-01"],
    needs=["ivr", "acd", "agents"],
)
def test_key_interrupts_greeting(centre: Centre) -> None:
    """The key for an agent during the greeting rings a free agent within 2 s."""
    agent = centre.agent()
    agent.on_duty()
    caller = calls_menu(centre)
    hears_prompt(caller, "greeting", within=2 * SECOND)
    caller.presses(centre.pixit.queue_key)
    agent.telephone.rings(within=2 * SECOND)
    caller.hangs_up()


@case(
    "IVR/13",
    "The greeting stops when a key is pressed",
    clauses=["requirement I-01"],
    proves=["I-01", "P-02"],
    needs="ivr",
)
def test_greeting_stops(centre: Centre) -> None:
    """A key pressed during the greeting stops it within 300 ms of the tone's begin."""
    caller = calls_menu(centre)
    stops_within(caller, "greeting", centre.pixit.announcement_key, 300)
    caller.hangs_up()


@case(
    "IVR/14",
    "The menu stops when a key is pressed",
    clauses=["requirement I-01"],
    proves=["I-01", "P-02"],
    needs="ivr",
)
def test_menu_stops(centre: Centre) -> None:
    """A key pressed during the menu stops it within 300 ms of the tone's begin; nobody is free: music."""
    caller = calls_menu(centre)
    stops_within(caller, "menu", centre.pixit.queue_key, 300)
    hears_prompt(caller, "queue_music", within=5 * SECOND)
    caller.hangs_up()


@case(
    "IVR/15",
    "Two keys in a hurry",
    clauses=["requirement I-01", "Q.24 table A-1 (unverified)"],
    proves=["I-01", "A-05"],
    needs=["ivr", "acd", "agents"],
)
def test_two_keys_in_a_hurry(centre: Centre) -> None:
    """Announcement key and agent key without a wait between them: the second counts, a free agent rings."""
    agent = centre.agent()
    agent.on_duty()
    caller = in_menu(centre)
    caller.presses(centre.pixit.announcement_key + centre.pixit.queue_key)
    agent.telephone.rings(within=2 * SECOND)
    hears_no_prompt(caller, "information", "menu", during=2 * SECOND)
    caller.hangs_up()


def leaves(centre: Centre, caller: Caller) -> None:
    """Hang up; the circuit must be idle within 2 s and take another call to the menu."""
    cic = caller.call.cic
    caller.hangs_up(within=2 * SECOND)
    centre.isup.expect_idle(cic, within=2 * SECOND)
    again = centre.caller()
    again.dials(centre.pixit.menu_number, cic=cic)
    again.is_answered(within=2 * SECOND)
    hears_prompt(again, "greeting", within=2 * SECOND)
    again.hangs_up()


@case(
    "IVR/16",
    "The caller hangs up during the greeting",
    clauses=["Q.764 2.3.1", "requirement I-01"],
    proves=["I-01", "N-01"],
    needs="ivr",
)
def test_hang_up_in_greeting(centre: Centre) -> None:
    """The circuit is idle within 2 s and serves the next caller from the beginning."""
    caller = calls_menu(centre)
    hears_prompt(caller, "greeting", within=2 * SECOND)
    leaves(centre, caller)


@case(
    "IVR/17",
    "The caller hangs up during the menu and in the silence after it",
    clauses=["Q.764 2.3.1", "requirement I-01"],
    proves=["I-01", "N-01"],
    needs="ivr",
)
def test_hang_up_in_menu(centre: Centre) -> None:
    """The circuit is idle within 2 s, and no reminder disturbs the next caller on it."""
    caller = calls_menu(centre)
    hears_prompt(caller, "menu", within=PROMPT)
    leaves(centre, caller)
    leaves(centre, in_menu(centre))


@case(
    "IVR/18",
    "The caller hangs up during announcement and correction",
    clauses=["Q.764 2.3.1", "requirement I-01"],
    proves=["I-01", "N-01"],
    needs="ivr",
)
def test_hang_up_in_announcement(centre: Centre) -> None:
    """Hanging up while announcement, correction or reminder plays leaves the circuit idle within 2 s."""
    for key, prompt in (
        (centre.pixit.announcement_key, "information"),
        (centre.pixit.wrong_key, "invalid"),
        ("", "timeout"),
    ):
        caller = in_menu(centre)
        caller.presses(key)
        hears_prompt(caller, prompt, within=MENU_PATIENCE)
        leaves(centre, caller)


@case(
    "IVR/19",
    "The caller hangs up before the answer",
    clauses=["Q.764 2.3.1", "Q.764 2.3.3"],
    proves=["I-01", "N-01"],
    needs="ivr",
)
def test_hang_up_at_once(centre: Centre) -> None:
    """REL right behind the IAM: RLC comes, the circuit is idle and takes the next call."""
    caller = centre.caller()
    call = caller.dials(centre.pixit.menu_number)
    call.send("REL", cause=NORMAL)
    call.expect("RLC", within=5 * SECOND, through=("ACM", "ANM", "CON", "CPG"))
    centre.isup.expect_idle(call.cic, within=2 * SECOND)
    leaves(centre, calls_menu(centre))


@case(
    "IVR/20",
    "Two callers are in different places of the menu",
    clauses=["requirement I-01"],
    proves=["I-01", "P-02"],
    needs="ivr",
)
def test_two_callers_independent(centre: Centre) -> None:
    """One hears the announcement while the other, who pressed a wrong key, hears the correction."""
    first = in_menu(centre, "13800138001")
    second = in_menu(centre, "13800138002")
    first.presses(centre.pixit.announcement_key)
    second.presses(centre.pixit.wrong_key)
    hears_prompt(second, "invalid", within=2 * SECOND)
    hears_prompt(first, "information", within=2 * SECOND)
    first.hangs_up()
    menu_is_over(second, within=PROMPT)
    second.hangs_up()


@case(
    "IVR/21",
    "A number nobody has",
    clauses=["Q.764 2.2.5", "Q.850 table 1"],
    proves=["P-08", "N-01"],
    needs="isup.incoming",
)
def test_unallocated_number(centre: Centre) -> None:
    """A call to a number that leads nowhere is cleared with cause 1 and never answered."""
    caller = centre.caller()
    call = caller.dials(centre.pixit.unallocated_number)
    caller.is_released(within=5 * SECOND, cause=1)
    centre.isup.expect_idle(call.cic, within=2 * SECOND)

"""What callers do and hear."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from testline.steps.people import AGENT, CALLER, CAUSES, People
from testline.testers import expect_speech_both_ways
from testline.verdicts import Inconclusive
from testrig.clock import SECOND


@given("the call centre is open")
def centre_is_open(people: People) -> None:
    people.centre.isup.reach_idle()


@given(parsers.re(r"(?P<seconds>\d+) seconds pass"))
@when(parsers.re(r"(?P<seconds>\d+) seconds pass"))
def time_passes(people: People, seconds: str) -> None:
    people.centre.bench.run(int(seconds) * SECOND)


@given(parsers.re(f"{CALLER} is talking with {AGENT}"))
def is_talking(people: People, who: str, agent: str) -> None:
    people.talk(people.caller(who), people.agent(agent))


@given(parsers.re(rf'a caller with number "(?P<number>\d+)" is talking with {AGENT}'))
def numbered_caller_is_talking(people: People, number: str, agent: str) -> None:
    people.callers[""] = people.centre.caller(number)
    people.talk(people.callers[""], people.agent(agent))


@given(parsers.re(f"{CALLER} is waiting in the queue"))
def is_waiting(people: People, who: str) -> None:
    caller = people.caller(who)
    caller.dials(people.centre.pixit.queue_number)
    caller.hears_tone(people.prompt("queue_music"), within=5 * SECOND)


@when(parsers.re(f"{CALLER} dials the (?P<which>menu|queue) number"))
def dials(people: People, who: str, which: str) -> None:
    pixit = people.centre.pixit
    people.caller(who).dials(pixit.menu_number if which == "menu" else pixit.queue_number)


@when(parsers.re(f"{CALLER} dials a number that is not allocated"))
def dials_unallocated(people: People, who: str) -> None:
    people.caller(who).dials(people.centre.pixit.unallocated_number)


@when(parsers.re(f"{CALLER} presses the key for (?P<aim>an agent|information)"))
def presses_key_for(people: People, who: str, aim: str) -> None:
    pixit = people.centre.pixit
    caller = people.caller(who)
    caller.hears_tone(people.prompt("menu"), within=10 * SECOND)
    caller.presses(pixit.queue_key if aim == "an agent" else pixit.announcement_key)


@when(parsers.re(f"{CALLER} interrupts and presses the key for an agent"))
def interrupts(people: People, who: str) -> None:
    people.caller(who).presses(people.centre.pixit.queue_key)


@when(parsers.re(f"{CALLER} presses a key the menu does not know"))
def presses_wrong_key(people: People, who: str) -> None:
    people.caller(who).presses(people.centre.pixit.wrong_key)


@when(parsers.re(f"{CALLER} presses nothing"))
def presses_nothing(people: People, who: str) -> None:
    people.caller(who).voice.is_silent()


@when(parsers.re(f"{CALLER} waits for the menu"))
def waits_for_menu(people: People, who: str) -> None:
    people.caller(who).hears_tone(people.prompt("menu"), within=15 * SECOND)


@when(parsers.re(f"{CALLER} hangs up"))
def caller_hangs_up(people: People, who: str) -> None:
    people.caller(who).hangs_up()


@then(parsers.re(r"the call is answered within (?P<seconds>\d+) seconds"))
def is_answered(people: People, seconds: str) -> None:
    people.caller("").is_answered(within=int(seconds) * SECOND)


PROMPTS = {
    "the greeting": "greeting",
    "the information announcement": "information",
    "that the key is wrong": "invalid",
    "the reminder": "timeout",
    "the goodbye announcement": "goodbye",
    "waiting music": "queue_music",
}


@when(parsers.re(rf"{CALLER} hears (?P<what>{'|'.join(PROMPTS)}) within (?P<seconds>\d+) seconds"))
@then(parsers.re(rf"{CALLER} hears (?P<what>{'|'.join(PROMPTS)}) within (?P<seconds>\d+) seconds"))
def hears(people: People, who: str, what: str, seconds: str) -> None:
    people.caller(who).hears_tone(people.prompt(PROMPTS[what]), within=int(seconds) * SECOND)


@then(parsers.re(f"{CALLER} hears the menu again"))
def hears_menu_again(people: People, who: str) -> None:
    people.caller(who).hears_tone(people.prompt("menu"), within=20 * SECOND)


@then(parsers.re(f"{CALLER} and {AGENT} hear each other"))
def hear_each_other(people: People, who: str, agent: str) -> None:
    expect_speech_both_ways(people.caller(who).voice, people.agent(agent).voice)


@then(parsers.re(rf'{CALLER} is cleared with cause "(?P<cause>[^"]+)" within (?P<seconds>\d+) seconds'))
def is_cleared(people: People, who: str, cause: str, seconds: str) -> None:
    call = people.caller(who).call
    call.cleared(within=int(seconds) * SECOND, cause=CAUSES[cause], through=("ACM", "CON", "ANM", "CPG"))


@then(parsers.re(r"the circuit is free again within (?P<seconds>\d+) seconds"))
def circuit_is_free(people: People, seconds: str) -> None:
    for caller in people.callers.values():
        people.centre.isup.expect_idle(caller.call.cic, within=int(seconds) * SECOND)
        return
    raise Inconclusive("nobody has called")

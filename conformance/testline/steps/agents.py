"""What agents do, hear and see, and what happens in the public network when they call out."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from testline.steps.people import AGENT, BUSY_HZ, CAUSES, People
from testline.testers import expect_speech_both_ways
from testrig.clock import SECOND
from testrig.system import Refused


@given(parsers.re(f"{AGENT} is on duty and ready"))
@when(parsers.re(f"{AGENT} signs on and becomes ready"))
def on_duty(people: People, agent: str) -> None:
    people.agent(agent).on_duty()


@when(parsers.re(f"{AGENT} signs off"))
def signs_off(people: People, agent: str) -> None:
    people.agent(agent).sign_off()


@when(parsers.re(rf"somebody signs on as {AGENT} with a wrong password"))
def wrong_password(people: People, agent: str) -> None:
    try:
        people.centre.bench.system.agent(agent, "not the password").sign_on()
    except Refused as refusal:
        people.refusal = str(refusal)


@then("the sign-on is refused")
def sign_on_is_refused(people: People) -> None:
    people.centre.bench.until(lambda: people.refusal, within=0, awaited="a refusal of the sign-on")


@when(parsers.re(f"{AGENT} answers"))
def answers(people: People, agent: str) -> None:
    person = people.agent(agent)
    person.telephone.lift()
    person.is_in("talking", within=2 * SECOND)


@when(parsers.re(f"{AGENT} hangs up"))
def agent_hangs_up(people: People, agent: str) -> None:
    people.agent(agent).telephone.replace()


@when(parsers.re(f"{AGENT} does not answer"))
def does_not_answer(people: People, agent: str) -> None:
    people.agent(agent).is_in("not ready", within=60 * SECOND)


@then(parsers.re(rf"the telephone of {AGENT} rings within (?P<seconds>\d+) seconds"))
@when(parsers.re(rf"the telephone of {AGENT} rings within (?P<seconds>\d+) seconds"))
def rings(people: People, agent: str, seconds: str) -> None:
    people.agent(agent).telephone.rings(within=int(seconds) * SECOND)


@then(parsers.re(rf"the telephone of {AGENT} stops ringing within (?P<seconds>\d+) seconds?"))
def stops_ringing(people: People, agent: str, seconds: str) -> None:
    people.agent(agent).telephone.stops_ringing(within=int(seconds) * SECOND)


@then(parsers.re(f"the telephone of {AGENT} does not ring"))
def does_not_ring(people: People, agent: str) -> None:
    people.agent(agent).telephone.does_not_ring(during=5 * SECOND)


@then(parsers.re(f"{AGENT} hears the call end"))
@then(parsers.re(f"{AGENT} hears busy tone"))
def hears_busy_tone(people: People, agent: str) -> None:
    people.agent(agent).telephone.hears_tone(BUSY_HZ, within=3 * SECOND)


@then(parsers.re(rf"{AGENT} becomes ready again within (?P<seconds>\d+) seconds"))
def becomes_ready(people: People, agent: str, seconds: str) -> None:
    people.agent(agent).is_in("ready", within=int(seconds) * SECOND)


@then(parsers.re(rf'{AGENT} is shown as "(?P<state>[^"]+)"'))
def is_shown_as(people: People, agent: str, state: str) -> None:
    people.agent(agent).is_in(state, within=2 * SECOND)


# calls to the public network


@when(parsers.re(rf'{AGENT} lifts the handset and dials "(?P<number>\d+)" outside'))
def dials_outside(people: People, agent: str, number: str) -> None:
    person = people.agent(agent)
    person.telephone.lift()
    people.centre.bench.run(SECOND // 4)
    person.dial(people.centre.pixit.outgoing_prefix + number)


@when(
    parsers.re(r'a call to "(?P<number>\d+)" arrives in the public network within (?P<seconds>\d+) seconds')
)
@then(
    parsers.re(r'a call to "(?P<number>\d+)" arrives in the public network within (?P<seconds>\d+) seconds')
)
def call_arrives(people: People, number: str, seconds: str) -> None:
    people.called = people.centre.caller(number)
    call = people.called.is_called(within=int(seconds) * SECOND)
    digits = people.centre.isup.called(call.iam).rstrip("Ff")
    people.centre.bench.until(
        lambda: digits == number, within=0, awaited=f"called number {number}", state=f"called number {digits}"
    )


@then(parsers.re(r'a call to "(?P<number>\d+)" arrives in the public network on circuit (?P<cic>\d+)'))
def call_arrives_on(people: People, number: str, cic: str) -> None:
    call_arrives(people, number, "3")
    found = people.party().call.cic
    people.centre.bench.until(
        lambda: found == int(cic), within=0, awaited=f"the call on circuit {cic}", state=f"on circuit {found}"
    )


@when("the called party is rung and answers")
def called_party_answers(people: People) -> None:
    people.party().alerts()
    people.centre.bench.run(2 * SECOND)
    people.party().answers()
    people.centre.bench.run(SECOND // 2)


@then(parsers.re(f"the called party and {AGENT} hear each other"))
def called_party_and_agent(people: People, agent: str) -> None:
    expect_speech_both_ways(people.party().voice, people.agent(agent).voice)


@when("the called party hangs up")
def called_party_hangs_up(people: People) -> None:
    people.party().hangs_up()


@when(parsers.re(r'the network clears it with cause "(?P<cause>[^"]+)"'))
def network_clears(people: People, cause: str) -> None:
    people.party().call.release(cause=CAUSES[cause])


@then(parsers.re(r"the network is asked to clear the call within (?P<seconds>\d+) seconds"))
def network_is_asked_to_clear(people: People, seconds: str) -> None:
    people.party().is_released(within=int(seconds) * SECOND)


@when(parsers.re(r"the network blocks every circuit but circuit (?P<cic>\d+)"))
def network_blocks(people: People, cic: str) -> None:
    isup = people.centre.isup
    for other in sorted(set(isup.circuits) - {int(cic)}):
        isup.send_message(other, "BLO")
        isup.expect(other, "BLA", within=5 * SECOND)

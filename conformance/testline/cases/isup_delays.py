"""ISUP: propagation delay and echo control (Q.764 2.6, 2.7; Q.784.1 groups 2.4 and 9)."""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.isup_calls import over, talking_out
from testline.cases.isup_supervision import ANSWER
from testline.cases.isup_transit import cleared, holds, through
from testline.layers.isup_parameters import Octets, Parameter, PropagationDelayCounter
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.tup_centre import TransitCentre
from testline.verdicts import Inconclusive
from testrig.clock import SECOND

HISTORY: Final = 45
"""Code of call history information (Q.763 table 5)."""


# 2.4: propagation delay


def counted(transit: TransitCentre, counter: int | None) -> int | None:
    """The propagation delay counter of a call's IAM behind the system, for one received, or none."""
    optional = [] if counter is None else [PropagationDelayCounter(delay=counter)]
    caller, party = through(transit, optional=optional)
    found = party.call.iam.parameter(PropagationDelayCounter.code)
    cleared(transit, caller, party)
    return None if found is None else int(found.delay)


@case(
    "Q.784.1/2.4.1",
    "IAM sent with the propagation delay counter",
    clauses=["Q.764 2.6", "Q.763 3.42"],
    proves=["N-01"],
    needs=["isup.propagation_delay", "isup.transit"],
    setup="transit",
    unverified=True,
)
def test_delay_is_added(transit: TransitCentre) -> None:
    """The counter goes on, increased by the delay of the outgoing route.

    How much that is shows in a call that comes without a counter.
    """
    route, found = counted(transit, None), counted(transit, 20)
    wanted = None if route is None else 20 + route
    holds(transit, f"a counter of {wanted} ms", that=found == wanted is not None, state=f"{found} ms")


@case(
    "Q.784.1/2.4.2",
    "Call history information in the answer",
    clauses=["Q.764 2.6", "Q.763 3.7"],
    proves=["N-01"],
    needs="isup.propagation_delay",
    setup="transit",
    unverified=True,
)
def test_history_in_answer(transit: TransitCentre) -> None:
    """ANM or CON of a call that ends at the system tells at least the delay that came in the IAM."""
    isup = transit.isup
    call = isup.seize(called=isup.pixit.menu_number, optional=[PropagationDelayCounter(delay=35)])
    call.answered(within=10 * SECOND)
    found = call.received[-1].message.parameter(HISTORY)
    told = None if found is None else int.from_bytes(bytes(found), "big")
    holds(transit, "call history of 35 ms or more", that=told is not None and told >= 35, state=str(told))
    call.release()


@case(
    "Q.784.1/2.4.3",
    "Propagation delay counter not received",
    clauses=["Q.764 2.6"],
    proves=["N-01"],
    needs=["isup.propagation_delay", "isup.transit"],
    setup="transit",
    unverified=True,
)
def test_delay_is_generated(transit: TransitCentre) -> None:
    """Without a counter received the system makes one of its own, and the call is completed."""
    holds(transit, "a counter", that=counted(transit, None) is not None, state="none")


@case(
    "Q.784.1/2.4.4",
    "Propagation delay counter towards an exchange without the procedure",
    clauses=["Q.764 2.6"],
    proves=["N-01"],
    needs=["isup.propagation_delay", "isup.q767_routes"],
    setup="transit",
    unverified=True,
)
def test_delay_is_discarded(transit: TransitCentre) -> None:
    """On a route to a Q.767 exchange the counter is left out. The rig has no such route."""
    raise Inconclusive(f"no route of {transit.pixit.point_code} leads to a Q.767 exchange")


@case(
    "ISUP/42",
    "Call history information through the system",
    clauses=["Q.764 2.6", "Q.763 3.7"],
    proves=["N-01"],
    needs=["isup.propagation_delay", "isup.transit"],
    setup="transit",
    unverified=True,
)
def test_history_passes(transit: TransitCentre) -> None:
    """What the far exchange tells of the delay in its ANM comes back as it is."""
    caller, party = through(transit, optional=[PropagationDelayCounter(delay=20)])
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    party.call.send("ANM", optional=[Parameter(code=HISTORY, contents=Octets(b"\x00\x63"))])
    answered = caller.call.expect("ANM", within=ANSWER)
    told = [bytes(each) for each in answered.optional if bytes(each)[0] == HISTORY]
    holds(transit, "call history of 99 ms, once", that=told == [b"\x2d\x02\x00\x63"], state=str(told))
    cleared(transit, caller, party)


@case(
    "ISUP/43",
    "Echo control indicators through the system",
    clauses=["Q.764 2.7", "Q.763 3.35", "Q.763 3.5"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_echo_control_passes(transit: TransitCentre) -> None:
    """An exchange without echo control devices tells both sides what the other one has."""
    caller, party = through(transit, echo_control_included=1)
    there = party.call.iam.echo_control_included
    holds(transit, "outgoing device in the IAM", that=there == 1, state=f"indicator {there}")
    party.call.send("ACM", called_status=1, echo_control_included=1)
    acm = caller.call.expect("ACM", within=ANSWER)
    here = acm.echo_control_included
    holds(transit, "incoming device in the ACM", that=here == 1, state=f"indicator {here}")
    cleared(transit, caller, party)


@case(
    "Q.784.1/2.4.5",
    "Call history information not asked for",
    clauses=["Q.764 2.6"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_history_is_discarded(centre: Centre) -> None:
    """Call history information in an ANM does not disturb the call."""
    history = Parameter(code=HISTORY, contents=Octets(b"\x00\x23"))
    party, _ = talking_out(centre, ("ACM", {"called_status": 1}), ("ANM", {"optional": [history]}))
    party.call.expect_nothing(during=SECOND)
    over(centre, party)


# 9: echo control


@case(
    "Q.784.1/9.1.1",
    "Echo control for a call the system begins",
    clauses=["Q.764 2.7"],
    proves=["N-01"],
    needs="isup.echo_control",
)
def test_echo_control_outgoing(centre: Centre) -> None:
    """The IAM tells the outgoing half echo control device; the ACM that of the far end; the call is made."""
    party, _ = talking_out(centre, ("ACM", {"called_status": 1, "echo_control_included": 1}), ("ANM", {}))
    centre.bench.until(lambda: party.call.iam.echo_control_included == 1, within=0, awaited="echo control")
    over(centre, party)


@case(
    "Q.784.1/9.1.2",
    "Echo control for a call the tester begins",
    clauses=["Q.764 2.7", "Q.763 3.5"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_no_echo_control_incoming(isup: IsupTester) -> None:
    """An IAM that tells of an echo control device is answered without one where the system has none."""
    call = isup.seize(called=isup.pixit.menu_number, echo_control_included=1)
    call.answered(within=10 * SECOND)
    call.release()
    isup.expect_idle(call.cic)

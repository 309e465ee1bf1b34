"""The judge's testers against themselves: two ends of a virtual line, one of them in the system's place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from testline.bench import Bench, Machine
from testline.layers.isup_parameters import UserToUserInformation
from testline.testers import (
    Caller,
    IsupTester,
    LinkState,
    LinkTester,
    Mtp3Tester,
    TupTester,
    expect_no_speech,
    expect_speech_both_ways,
)
from testline.testers.link import EMERGENCY_PROVING, NORMAL_PROVING
from testline.trace import Trace
from testline.verdicts import Fail
from testrig.board import HdlcFault
from testrig.clock import MILLISECOND, SECOND, Instant
from testrig.e1 import E1Port
from testrig.line import StationPort
from testrig.system import CircuitMap, Pixit
from testrig.virtual import LinePair

CIRCUITS = tuple(CircuitMap(cic, 0, cic) for cic in range(1, 32) if cic != 16)


def pixit(own: int, other: int, variant: Any = "itu14") -> Pixit:
    return Pixit(
        variant=variant,
        point_code=own,
        tester_point_code=other,
        network_indicator=2,
        link_line=0,
        link_slot=16,
        slc=0,
        circuits=CIRCUITS,
        menu_number="10086",
        queue_number="10087",
        queue="sales",
        queue_key="1",
        announcement_key="2",
        wrong_key="9",
        unallocated_number="404",
        outgoing_prefix="0",
        agents=(),
    )


class FarBench:
    """Stands for the system: a second set of testers on the system's end of the line."""

    name, version = "mirror", "1"

    def __init__(self, pair: LinePair, variant: Any) -> None:
        self.now: Instant = 0
        self.trace = Trace()
        self.pixit = pixit(100, 200, variant)
        """As the near end needs it: the far end is the system, point code 100."""
        self.spans = [E1Port(pair.b)]
        self.machines: list[Machine] = []
        self.far = Bench.__new__(Bench)
        self.far.now = 0
        self.far.pixit = pixit(200, 100, variant)
        self.far.spans = self.spans
        self.far.trace = self.trace
        vars(self.far)["attach"] = self.machines.append
        self.far.system = cast(Any, self)

    @property
    def settled(self) -> bool:
        return all(machine.settled for machine in self.machines)

    def next_deadline(self) -> Instant | None:
        deadlines = [machine.next_deadline for machine in self.machines]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def advance(self, frames: int) -> None:
        self.spans[0].send(frames)
        self.far.now += frames
        self.spans[0].receive(frames)
        for machine in self.machines:
            machine.advance(self.far.now)

    def maintenance(self) -> Any:
        raise NotImplementedError


class MirrorRig:
    block = 40
    stations: tuple[StationPort, ...] = ()

    def __init__(self, variant: Any = "itu14") -> None:
        self.pair = LinePair("line0")
        self.lines = [self.pair.a]
        self.system = FarBench(self.pair, variant)
        self.step: Callable[[int], None] = self.system.advance


class Ends:
    """Both ends of the line."""

    def __init__(self, variant: Any = "itu14") -> None:
        self.rig = MirrorRig(variant)
        self.bench = Bench(cast(Any, self.rig))
        self.far = self.rig.system.far
        for name in ("step", "run", "until", "never", "measure"):  # waits at either end move the same line
            setattr(self.far, name, getattr(self.bench, name))


@pytest.fixture
def ends() -> Ends:
    return Ends()


def links(ends: Ends) -> tuple[LinkTester, LinkTester]:
    return LinkTester(ends.bench), LinkTester(ends.far)


def isups(ends: Ends) -> tuple[IsupTester, IsupTester]:
    near, far = links(ends)
    ours = IsupTester(ends.bench, Mtp3Tester(ends.bench, near))
    theirs = IsupTester(ends.far, Mtp3Tester(ends.far, far))
    far.start(emergency=True)
    ours.mtp3.bring_up()
    return ours, theirs


def in_service(ends: Ends) -> tuple[LinkTester, LinkTester]:
    near, far = links(ends)
    far.start(emergency=True)
    near.bring_up(emergency=True)
    ends.bench.until(lambda: far.state is LinkState.IN_SERVICE, within=SECOND, awaited="far end in service")
    return near, far


@pytest.mark.parametrize("emergency", [False, True])
def test_link_aligns_and_proves_for_the_time_of_the_standard(ends: Ends, emergency: bool) -> None:
    near, far = links(ends)
    far.start(emergency=emergency)
    near.bring_up(emergency=emergency)
    notes = {entry.summary: entry.at for entry in ends.bench.trace.entries if entry.direction == "note"}
    proving = notes["link tester: initial alignment: aligned -> initial alignment: proving"]
    ready = notes["link tester: initial alignment: proving -> aligned ready"]
    period = EMERGENCY_PROVING if emergency else NORMAL_PROVING
    assert period <= ready - proving <= period + ends.rig.block
    assert {unit.kind for unit in near.units} >= {"SIO", "SIE" if emergency else "SIN", "FISU"}


def test_link_end_that_is_normal_proves_short_for_an_emergency_of_the_other(ends: Ends) -> None:
    near, far = links(ends)
    far.start(emergency=True)
    near.bring_up(emergency=False, within=2 * SECOND)
    assert near.state is LinkState.IN_SERVICE


def test_link_not_aligned_fails_with_what_was_received(ends: Ends) -> None:
    near, _ = links(ends)
    with pytest.raises(Fail) as error:
        near.bring_up(within=SECOND)
    assert "signalling link in service" in str(error.value)
    assert "SIOS" in str(error.value)


def test_messages_arrive_once_and_in_order_through_bit_errors(ends: Ends) -> None:
    near, far = in_service(ends)
    got: list[bytes] = []
    far.users.append(lambda unit: got.append(unit.sif))
    ends.rig.pair.a_to_b.bit_error_rate = 2e-4
    sent = [bytes((0x85, number, *range(20))) for number in range(200)]
    for sif in sent:
        near.send_msu(sif)
    near.expect_acknowledged(within=60 * SECOND)
    assert got == sent
    assert far.faults


def test_cyclic_messages_arrive_once_and_in_order_through_bit_errors(ends: Ends) -> None:
    near, far = in_service(ends)
    near.cyclic = far.cyclic = True
    got: list[bytes] = []
    far.users.append(lambda unit: got.append(unit.sif))
    ends.rig.pair.a_to_b.bit_error_rate = 2e-4
    sent = [bytes((0x85, number, *range(20))) for number in range(200)]
    for sif in sent:
        near.send_msu(sif)
    near.expect_acknowledged(within=60 * SECOND)
    assert got == sent
    assert far.faults
    assert {(unit.bib, unit.fib) for unit in near.units + far.units} == {(1, 1)}


def test_cyclic_end_repeats_what_is_not_acknowledged_unless_told_not_to(ends: Ends) -> None:
    near, far = in_service(ends)
    near.cyclic = far.cyclic = True
    far.acknowledging = False
    far.forget()
    near.send_msu(b"\x85abcdefg")
    far.expect_msu(within=SECOND)
    ends.bench.run(SECOND // 10)
    assert far.units[-1].kind == "MSU"
    assert far.units[-1].count > 10
    near.cycling = False
    ends.bench.run(SECOND // 10)
    heard = len(far.units)
    ends.bench.run(SECOND)
    assert (len(far.units), far.units[-1].kind) == (heard, "FISU")


def test_wrong_check_bits_are_reported_and_not_accepted(ends: Ends) -> None:
    near, far = in_service(ends)
    before = len(far.faults)
    near.send_frame(b"\x00\x81\x05hello", corrupt_fcs=True)
    ends.bench.run(SECOND // 10)
    assert [fault.fault for fault in far.faults[before:]] == [HdlcFault.FCS]
    assert not [unit for unit in far.units if unit.kind == "MSU"]
    assert ends.bench.trace.entries[-1].deliberate


def test_unit_out_of_sequence_is_answered_with_a_negative_acknowledgement(ends: Ends) -> None:
    near, _ = in_service(ends)
    near.send_msu(b"\x85abcdefg", fsn=(near.fsn + 2) % 128, deliberate=True)
    assert near.expect_fisu(bib=0, within=SECOND).bsn == 127


def test_end_that_does_not_acknowledge_keeps_its_number(ends: Ends) -> None:
    near, far = in_service(ends)
    near.acknowledging = False
    far.send_msu(b"\x85abcdefg")
    near.expect_msu(within=SECOND)
    ends.bench.run(SECOND)
    assert far.unacknowledged
    assert near.bsn == 127


def test_failed_link_comes_back_after_t17(ends: Ends) -> None:
    near, far = in_service(ends)
    ends.rig.pair.a_to_b.cut = ends.rig.pair.b_to_a.cut = True
    ends.bench.run(SECOND)
    ends.rig.pair.a_to_b.cut = ends.rig.pair.b_to_a.cut = False
    far.stop()
    far.start(emergency=True)
    ends.bench.until(
        lambda: near.state is LinkState.IN_SERVICE and far.state is LinkState.IN_SERVICE,
        within=10 * SECOND,
        awaited="both ends in service again",
    )
    history = [entry.summary for entry in ends.bench.trace.entries if entry.direction == "note"]
    assert "link tester: in service -> out of service" in history


def test_manual_units_are_sent_as_told_and_awaited_with_instants(ends: Ends) -> None:
    near, far = links(ends)
    far.automatic = False
    near.expect("SIOS", within=SECOND)
    near.send_lssu("SIO")
    ends.bench.run(SECOND // 10)
    far.send_lssu("SIPO", octets=2)
    changed = ends.far.now
    unit = near.expect("SIPO", within=SECOND)
    assert 0 < unit.at - changed <= 10 * MILLISECOND
    assert len(unit.octets) == 5
    near.expect_only("SIPO", during=SECOND)
    assert {unit.kind for unit in far.units} == {"SIOS", "SIO"}


def test_other_unit_than_awaited_fails_and_marks_the_departure(ends: Ends) -> None:
    near, far = links(ends)
    near.expect("SIOS", within=SECOND)
    far.send_lssu("SIB")
    with pytest.raises(Fail, match="SIB"):
        near.expect("SIO", within=SECOND)
    departed = [entry for entry in ends.bench.trace.entries if entry.departure]
    assert [entry.departure for entry in departed] == ["SIO"]
    assert departed[0].summary.startswith("SIB")
    with pytest.raises(Fail):
        near.expect_only("SIOS", during=SECOND)
    far.send_lssu("SIN")
    with pytest.raises(Fail, match="SIN"):
        near.expect_not("SIN", during=SECOND)


@pytest.mark.parametrize("variant", ["itu14", "china24"])
def test_link_test_is_sent_and_answered_with_both_labels(variant: str) -> None:
    ends = Ends(variant)
    ours, theirs = isups(ends)
    assert ours.mtp3.proven
    assert {message.title for message in theirs.mtp3.received} >= {"SLTM", "TRA"}
    sent = [entry.summary for entry in ends.bench.trace.entries if entry.protocol == "MTP3"]
    assert any(text.startswith("SLTM SLC 0 pattern") for text in sent)


def test_link_test_not_answered_fails(ends: Ends) -> None:
    near, far = links(ends)
    ours, theirs = Mtp3Tester(ends.bench, near), Mtp3Tester(ends.far, far)
    theirs.answering = False
    far.start(emergency=True)
    with pytest.raises(Fail, match="SLTA"):
        ours.bring_up(within=15 * SECOND)
    assert [message.title for message in theirs.received].count("SLTM") == 2


def test_misaddressed_message_fails_the_next_wait(ends: Ends) -> None:
    ours, theirs = isups(ends)
    theirs.mtp3.send(5, b"\x01\x00\x12", dpc=999)
    with pytest.raises(Fail, match="not our route"):
        ours.wait_for("RSC", within=SECOND)


def script(ends: Ends, theirs: IsupTester, *answers: tuple[str, str, dict[str, Any]]) -> None:
    """Let the far end answer: on message, send message, with fields."""
    reactions = {on: (name, fields) for on, name, fields in answers}
    plain = theirs.mtp3.users[5]

    def react(msu: Any) -> None:
        plain(msu)
        for cic, waiting in list(theirs.inbox.items()):
            while waiting:
                got = waiting.popleft()
                if got.title in reactions:
                    name, fields = reactions[got.title]
                    theirs.send_message(cic, name, **fields)

    theirs.mtp3.users[5] = react


def test_call_is_set_up_and_released(ends: Ends) -> None:
    ours, theirs = isups(ends)
    script(ends, theirs, ("IAM", "CON", {}), ("REL", "RLC", {}))
    call = ours.seize(called="10086", calling="138", cic=5)
    call.answered(within=SECOND)
    call.release()
    assert call.steps == ["+IAM", "-CON", "+REL", "-RLC"]
    texts = [entry.summary for entry in ends.bench.trace.entries if entry.protocol == "ISUP"]
    assert texts == ["IAM CIC 5 called 10086 calling 138", "CON CIC 5", "REL CIC 5 cause 16", "RLC CIC 5"]
    ours.expect_no_leftovers()


def test_releases_that_cross_are_both_acknowledged(ends: Ends) -> None:
    ours, theirs = isups(ends)
    call = ours.seize(called="10086", cic=5)
    theirs.send_message(5, "REL", cause=34)
    theirs.send_message(5, "RLC")
    call.release(within=SECOND)
    assert call.steps == ["+IAM", "+REL", "-REL", "+RLC", "-RLC"]
    ends.bench.run(SECOND // 10)
    assert [got.title for got in theirs.inbox[5]] == ["IAM", "REL", "RLC"]


def test_unexpected_message_fails_and_says_state_and_what_came(ends: Ends) -> None:
    ours, theirs = isups(ends)
    script(ends, theirs, ("IAM", "REL", {"cause": 34}))
    call = ours.seize(called="10086", cic=7)
    with pytest.raises(Fail) as error:
        call.expect("ACM", within=SECOND)
    text = str(error.value)
    assert "ACM on circuit 7" in text
    assert "circuit 7: sent IAM" in text
    assert "REL CIC 7 cause 34" in text


def test_message_with_another_value_fails(ends: Ends) -> None:
    ours, theirs = isups(ends)
    script(ends, theirs, ("IAM", "REL", {"cause": 34}))
    call = ours.seize(called="10086", cic=7)
    with pytest.raises(Fail, match="cause is 34"):
        call.expect("REL", within=SECOND, cause=1)


def test_message_not_decodable_fails_the_next_wait(ends: Ends) -> None:
    ours, theirs = isups(ends)
    theirs.send_raw(b"\x01\x00\x01\x00")
    with pytest.raises(Fail, match="fixed part takes 8 octets"):
        ours.call_on(1).expect("ACM", within=SECOND)


def test_background_traffic_is_answered_unless_awaited(ends: Ends) -> None:
    ours, theirs = isups(ends)
    theirs.send_message(1, "GRS", range=30)
    assert theirs.answers
    ends.bench.run(SECOND // 2)
    answer = theirs.inbox[1].popleft()
    assert (answer.title, answer.message.range_and_status.status) == ("GRA", bytes(4))
    theirs.send_message(9, "RSC")
    call = ours.call_on(9)
    call.expect("RSC", within=SECOND)
    assert not theirs.inbox.get(9)
    call.send("RLC")
    ends.bench.run(SECOND // 10)
    assert theirs.inbox[9].popleft().title == "RLC"
    theirs.send_message(1, "CQM", range=1)
    ends.bench.run(SECOND // 10)
    assert theirs.inbox[1].popleft().message.circuit_state_indicator.states == b"\x03\x03"


def test_nothing_expected_fails_when_something_comes(ends: Ends) -> None:
    ours, theirs = isups(ends)
    ours.expect_nothing(during=SECOND)
    theirs.send_message(4, "BLO")
    with pytest.raises(Fail, match="BLO CIC 4"):
        ours.expect_nothing(during=SECOND)
    assert ours.leftovers() == ["BLO CIC 4"]


def test_idle_is_proven_by_a_new_call_where_there_is_no_maintenance(ends: Ends) -> None:
    ours, theirs = isups(ends)
    script(ends, theirs, ("IAM", "CON", {}), ("REL", "RLC", {}))
    ours.expect_idle(3)


def test_circuit_seized_is_one_the_tester_controls(ends: Ends) -> None:
    ours, _ = isups(ends)
    assert [ours.free_circuit() % 2 for _ in range(3)] == [0, 0, 0]
    assert set(ours.controlled(by_tester=True)) | set(ours.controlled(by_tester=False)) == set(ours.circuits)


def test_call_from_the_system_is_taken_with_its_parameters(ends: Ends) -> None:
    ours, theirs = isups(ends)
    theirs.seize(called="5551", cic=11, calling="10086", optional=[UserToUserInformation(information=b"vip")])
    call = ours.wait_for("IAM", within=SECOND)
    assert call.cic == 11
    assert call.iam.parameter(UserToUserInformation.code).information == b"vip"


def talking(ends: Ends) -> tuple[Caller, Caller, IsupTester]:
    ours, theirs = isups(ends)
    caller, called = Caller(ours), Caller(theirs, "5551")
    caller.dials("5551", cic=6)
    ends.bench.run(SECOND // 10)
    call = theirs.call_on(6)
    theirs.inbox[6].clear()
    called.takes(call)
    call.send("CON")
    caller.is_answered(within=SECOND)
    return caller, called, theirs


def test_speech_is_proven_both_ways_with_levels(ends: Ends) -> None:
    caller, called, _ = talking(ends)
    there, back = expect_speech_both_ways(caller.voice, called.voice)
    assert abs(there + 10) < 0.2
    assert abs(back + 10) < 0.2
    assert len(ends.bench.measurements) >= 1
    with pytest.raises(Fail):
        expect_no_speech(caller.voice, called.voice)


def test_one_way_speech_fails_the_proof(ends: Ends) -> None:
    caller, called, _ = talking(ends)
    del ends.rig.system.spans[0].sources[6]
    with pytest.raises(Fail, match="hears 820 Hz"):
        expect_speech_both_ways(caller.voice, called.voice)


def test_keys_pressed_are_sent_and_recorded(ends: Ends) -> None:
    caller, called, _ = talking(ends)
    watch = called.voice.watch(697.0, 1209.0)
    caller.presses("1")
    ends.bench.run(SECOND // 2)
    assert "digits 1" in [entry.summary for entry in ends.bench.trace.entries]
    assert called.voice.recording
    assert watch.present is None
    called.hears_silence(during=SECOND // 2)


# TUP


def tups(variant: Any = "itu14") -> tuple[Ends, TupTester, TupTester]:
    ends = Ends(variant)
    near, far = links(ends)
    ours = TupTester(ends.bench, Mtp3Tester(ends.bench, near))
    theirs = TupTester(ends.far, Mtp3Tester(ends.far, far))
    for tester in (ours, theirs):
        tester.circuits = {circuit.cic: circuit for circuit in CIRCUITS}
    far.start(emergency=True)
    ours.mtp3.bring_up()
    return ends, ours, theirs


@pytest.mark.parametrize("variant", ["itu14", "china24"])
@pytest.mark.parametrize("cic", [1, 31])
def test_tup_call_is_made_answered_and_cleared_by_the_caller(variant: Any, cic: int) -> None:
    ends, ours, theirs = tups(variant)
    caller, party = Caller(ours, "13800138000"), Caller(theirs, "10086")
    caller.dials("10086", cic=cic)
    call = party.is_called(within=SECOND)
    assert (call.cic, theirs.called(call.iam)) == (cic, "10086")
    party.alerts()
    party.answers()
    caller.is_answered(within=SECOND)
    expect_speech_both_ways(caller.voice, party.voice)
    caller.call.send("CLF")
    assert party.is_released(within=SECOND) == 16
    caller.call.expect("RLG", within=SECOND)
    ours.expect_no_leftovers()
    theirs.expect_no_leftovers()
    assert ends.bench.now < 30 * SECOND


@pytest.mark.parametrize(
    ("answered", "cause", "title"), [(True, 16, "CBK"), (False, 16, "SSB"), (False, 34, "CGC")]
)
def test_tup_called_end_asks_the_caller_to_clear(answered: bool, cause: int, title: str) -> None:
    _, ours, theirs = tups()
    call = ours.seize(called="10086")
    far = theirs.wait_for("IAI", within=SECOND)
    if answered:
        far.alert()
        far.answer()
        call.answered(within=SECOND)
    call.send("CLF")
    far.release(cause=cause, within=SECOND)
    call.expect(title, within=SECOND)
    call.expect("RLG", within=SECOND)


def test_tup_cause_of_a_refusal_is_told_and_another_one_fails() -> None:
    _, ours, theirs = tups()
    for title, cause in (("UNN", 1), ("SLB", 17)):
        call = ours.seize(called="10086")
        far = theirs.wait_for("IAI", within=SECOND)
        far.send(title)
        theirs.send_message(call.cic, "RLG")
        assert call.cleared(within=SECOND, cause=cause) == cause
    call = ours.seize(called="10086")
    theirs.wait_for("IAI", within=SECOND, where=lambda got: got.satellite == 0).send("SEC")
    with pytest.raises(Fail, match="SEC CIC"):
        call.cleared(within=SECOND, cause=1)


def test_tup_fields_that_differ_are_named() -> None:
    _, ours, theirs = tups()
    call = ours.seize(called="10086", calling="13800138000", original="404")
    call = theirs.call_on(call.cic)
    with pytest.raises(Fail) as error:
        call.expect("IAI", within=SECOND, called="10086", calling="1", original="404", category=12)
    assert "calling is 13800138000; category is 10" in str(error.value)


def test_tup_background_is_answered_unless_it_is_awaited() -> None:
    ends, ours, theirs = tups()
    theirs.send_message(3, "GRS", range=8)
    theirs.send_message(5, "RSC")
    ends.bench.run(SECOND)
    assert [got.title for got in ours.background] == ["GRS", "RSC"]
    theirs.expect(3, "GRA", within=SECOND, range=8, status=bytes(2))
    theirs.expect(5, "RLG", within=SECOND)
    theirs.send_message(5, "RSC")
    ours.expect(5, "RSC", within=SECOND)
    theirs.expect_nothing(5, during=SECOND)


def test_tup_octets_that_cannot_be_read_fail_what_waits() -> None:
    _, ours, theirs = tups()
    theirs.send_raw(b"\x05\x00\x11\x0a")
    with pytest.raises(Fail, match="IAM"):
        ours.expect(5, "ACM", within=SECOND)


def test_looped_voice_sends_back_what_it_hears() -> None:
    ends, ours, theirs = tups()
    caller, party = Caller(ours, "13800138000"), Caller(theirs, "10086")
    caller.dials("10086", cic=7)
    party.is_called(within=SECOND)
    party.voice.loops()
    caller.says_tone(2000, -12)
    ends.bench.run(SECOND // 4)
    caller.hears_tone(2000, within=SECOND, level=(-12.5, -11.5))
    party.voice.opens_the_loop()
    caller.voice.is_silent()
    caller.hears_silence(during=SECOND // 2)
    caller.says_tone(2000, -12)
    caller.voice.hears_no_tone(2000, during=SECOND)

"""The procedures of Q.764 as seen from the line: one user part, messages in and out, exact deadlines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Failed,
    Leg,
    Primitive,
    Proceeding,
    Progress,
    Release,
    Released,
    Setup,
)
from callcenter.errors import ConfigurationError, StateError
from callcenter.ss7 import isup as isup_package
from callcenter.ss7.isup import TIMERS, Isup, IsupConfig, Message, Notice, Type, What, compose, decode
from callcenter.ss7.isup.calls import initial_address
from callcenter.ss7.isup.indicators import (
    AutomaticCongestionLevel,
    BackwardCallIndicators,
    CallingPartysCategory,
    CircuitGroupSupervisionType,
    ContinuityIndicators,
    EventInformation,
    ForwardCallIndicators,
    InformationIndicators,
    InformationRequestIndicators,
    NatureOfConnectionIndicators,
    OptionalBackwardCallIndicators,
    OptionalForwardCallIndicators,
    SuspendResumeIndicators,
    TransmissionMediumRequirement,
)
from callcenter.ss7.isup.parameters import (
    CalledPartyNumber,
    CallingPartyNumber,
    CauseIndicators,
    CircuitStateIndicator,
    OriginalCalledNumber,
    Parameter,
    RangeAndStatus,
    Raw,
    RedirectingNumber,
    SubsequentNumber,
    UserToUserInformation,
)
from testrig.clock import MINUTE, SECOND, Instant

OWN, PEER = 100, 200
CICS = tuple(n for n in range(1, 32) if n != 16)


class Exchange:
    """One user part and a pen: `got` reads what went out since the last time."""

    def __init__(self, own: int = OWN, **options: object) -> None:
        self.isup = Isup(IsupConfig(own, {PEER: CICS}, group="g", **options))  # type: ignore[arg-type]
        self.now: Instant = 1000
        self.log: list[Notice] = []

    def put(self, cic: int, kind: Type, *parameters: Parameter) -> None:
        self.isup.receive(PEER, compose(cic, kind, *parameters).encode(), self.now)

    def iam(self, cic: int = 1, called: str = "8008200001", *optional: Parameter, check: int = 0) -> None:
        self.put(
            cic,
            Type.IAM,
            NatureOfConnectionIndicators(continuity_check=check),
            ForwardCallIndicators(),
            CallingPartysCategory(),
            TransmissionMediumRequirement(),
            CalledPartyNumber(called),
            *optional,
        )

    def ask(self, cic: int, primitive: Primitive) -> None:
        self.isup.request(Leg("g", cic), primitive, self.now)

    def sent(self) -> list[Message]:
        return [decode(each.data) for each in self.isup.messages()]

    def got(self) -> str:
        return " ".join(f"{each.name}{each.cic}" for each in self.sent())

    def told(self) -> list[Primitive]:
        return [each.primitive for each in self.isup.indications()]

    def notes(self) -> list[What]:
        found = self.isup.notices()
        self.log += found
        return [each.what for each in found]

    def at(self, seconds: float) -> None:
        """Go to the next deadline, which must be `seconds` from now."""
        deadline = self.isup.next_deadline
        assert deadline is not None
        assert (deadline - self.now) / SECOND == seconds
        self.now = deadline
        self.isup.expire(self.now - 1)
        assert self.isup.next_deadline == deadline
        self.isup.expire(self.now)

    def state(self, cic: int = 1) -> str:
        return self.isup.circuit_state(cic)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def incoming_answered(exchange: Exchange, cic: int = 1) -> None:
    exchange.iam(cic)
    exchange.ask(cic, Proceeding())
    exchange.ask(cic, Answer())
    assert exchange.got() == f"ACM{cic} ANM{cic}"
    exchange.told()


def outgoing_called(exchange: Exchange, cic: int = 1) -> None:
    exchange.ask(cic, Setup("02155556666", "8008200000"))
    assert exchange.got() == f"IAM{cic}"


def outgoing_answered(exchange: Exchange, cic: int = 1) -> None:
    outgoing_called(exchange, cic)
    exchange.put(cic, Type.ACM, BackwardCallIndicators())
    exchange.put(cic, Type.ANM)
    exchange.told()


# calls


def test_incoming_call_from_iam_to_rlc(exchange: Exchange) -> None:
    exchange.iam(5)
    assert exchange.told() == [Setup("8008200001")]
    assert exchange.state(5) == "incoming busy"
    exchange.ask(5, Alerting())
    (acm,) = exchange.sent()
    indicators = acm.get(BackwardCallIndicators)
    assert indicators is not None
    assert indicators.called_status == 1
    exchange.ask(5, Progress())
    (cpg,) = exchange.sent()
    assert cpg.get(EventInformation) == EventInformation(3)
    exchange.ask(5, Answer())
    exchange.ask(5, Answer())
    assert exchange.got() == "ANM5"
    exchange.put(5, Type.REL, CauseIndicators(16))
    assert exchange.got() == "RLC5"
    assert exchange.told() == [Release(16)]
    assert not exchange.isup.idle(5)
    exchange.ask(5, Released())
    assert exchange.isup.idle(5)
    assert exchange.state(5) == "idle"
    assert exchange.isup.next_deadline is None


def test_answer_without_acm_is_con(exchange: Exchange) -> None:
    exchange.iam()
    exchange.ask(1, Answer())
    assert exchange.got() == "CON1"


def test_proceeding_then_alerting_is_acm_then_cpg(exchange: Exchange) -> None:
    exchange.iam()
    exchange.ask(1, Proceeding())
    exchange.ask(1, Alerting())
    assert exchange.got() == "ACM1 CPG1"


def test_setup_carries_the_field_set(exchange: Exchange) -> None:
    exchange.iam(
        1,
        "8008200001F",
        CallingPartyNumber("13800138000", presentation=1),
        RedirectingNumber("111"),
        OriginalCalledNumber("222"),
        UserToUserInformation(4, b"order 17"),
    )
    assert exchange.told() == [Setup("8008200001", "13800138000", True, "222", additional="order 17")]


def test_user_information_that_is_no_text_is_hexadecimal(exchange: Exchange) -> None:
    exchange.iam(1, "80", RedirectingNumber("111"), UserToUserInformation(0, b"\x01\xff"))
    assert exchange.told() == [Setup("80", original_called="111", additional="0001ff")]


def test_outgoing_fields_come_back_as_they_were(exchange: Exchange) -> None:
    setup = Setup("02155556666", "8008200000", True, "333")
    exchange.ask(1, setup)
    (data,) = exchange.isup.messages()
    assert (data.dpc, data.sls) == (PEER, 1)
    other = Isup(IsupConfig(PEER, {OWN: CICS}))
    other.receive(OWN, data.data, 0)
    assert [each.primitive for each in other.indications()] == [setup]


@pytest.mark.parametrize(
    ("status", "optional", "expected"),
    [
        (0, [], [Proceeding()]),
        (1, [], [Alerting()]),
        (0, [OptionalBackwardCallIndicators(1)], [Proceeding(in_band=True)]),
    ],
)
def test_acm_is_proceeding_or_alerting(
    exchange: Exchange, status: int, optional: list[Parameter], expected: list[Primitive]
) -> None:
    outgoing_called(exchange)
    exchange.put(1, Type.ACM, BackwardCallIndicators(2, status), *optional)
    assert exchange.told() == expected


def test_outgoing_call_from_iam_to_rlc(exchange: Exchange) -> None:
    outgoing_called(exchange)
    assert exchange.state() == "outgoing busy"
    exchange.put(1, Type.ACM, BackwardCallIndicators(2))
    exchange.put(1, Type.CPG, EventInformation(1))
    exchange.put(1, Type.CPG, EventInformation(3))
    exchange.put(1, Type.CPG, EventInformation(2))
    exchange.put(1, Type.ANM)
    assert exchange.told() == [Proceeding(), Alerting(), Progress(), Progress(False, 2), Answer()]
    assert exchange.isup.next_deadline is None
    exchange.ask(1, Release(16))
    (rel,) = exchange.sent()
    assert rel.get(CauseIndicators) == CauseIndicators(16)
    assert exchange.state() == "transient"
    exchange.put(1, Type.RLC)
    assert exchange.told() == [Released(16)]
    assert exchange.isup.idle(1)


def test_connect_is_answer(exchange: Exchange) -> None:
    outgoing_called(exchange)
    exchange.put(1, Type.CON, BackwardCallIndicators(2))
    assert exchange.told() == [Answer()]
    assert exchange.isup.next_deadline is None


def test_release_collision_ends_with_rlc_both_ways(exchange: Exchange) -> None:
    incoming_answered(exchange)
    exchange.ask(1, Release(16))
    exchange.put(1, Type.REL, CauseIndicators(16))
    assert exchange.got() == "REL1 RLC1"
    assert exchange.state() == "transient"
    exchange.put(1, Type.RLC)
    assert exchange.told() == [Released(16)]
    assert exchange.state() == "idle"


def test_old_words_of_the_engine_do_not_hurt_the_next_call(exchange: Exchange) -> None:
    incoming_answered(exchange)
    exchange.put(1, Type.REL, CauseIndicators(16))
    exchange.iam()
    exchange.ask(1, Release(31))  # of the old call: crossed the far end's release
    exchange.ask(1, Released())
    exchange.ask(1, Proceeding())
    assert exchange.got() == "RLC1 ACM1"


def test_setup_on_a_busy_circuit_fails(exchange: Exchange) -> None:
    incoming_answered(exchange)
    exchange.ask(1, Setup("1"))
    assert exchange.told() == [Failed()]
    assert exchange.got() == ""


def test_setup_with_a_number_that_has_no_digits_code_fails(exchange: Exchange) -> None:
    exchange.ask(1, Setup("12x4"))
    assert exchange.told() == [Failed(28)]
    assert exchange.isup.idle(1)


def test_inr_is_answered_by_inf(exchange: Exchange) -> None:
    outgoing_called(exchange)
    exchange.put(1, Type.INR, InformationRequestIndicators(calling_address=1))
    assert exchange.got() == "INF1"


# overlap, segmentation, continuity


def test_digits_collect_to_the_minimum() -> None:
    exchange = Exchange(minimum_digits=10)
    exchange.iam(1, "8008")
    assert exchange.told() == []
    exchange.put(1, Type.SAM, SubsequentNumber("20"))
    exchange.put(1, Type.SAM, SubsequentNumber("0001"))
    assert exchange.told() == [Setup("8008200001")]
    assert exchange.isup.next_deadline is None


def test_end_of_pulsing_closes_a_short_number() -> None:
    exchange = Exchange(minimum_digits=10)
    exchange.iam(1, "80")
    exchange.put(1, Type.SAM, SubsequentNumber("08F"))
    assert exchange.told() == [Setup("8008")]


def test_t35_releases_an_incomplete_number_and_restarts_at_each_digit() -> None:
    exchange = Exchange(minimum_digits=10)
    exchange.iam(1, "8008")
    exchange.now += 10 * SECOND
    exchange.put(1, Type.SAM, SubsequentNumber("2"))
    exchange.at(18)
    (rel,) = exchange.sent()
    assert rel.get(CauseIndicators) == CauseIndicators(28)
    assert exchange.told() == []
    exchange.put(1, Type.RLC)
    assert exchange.state() == "idle"
    assert exchange.told() == []


def test_t10_closes_a_number_of_variable_length() -> None:
    exchange = Exchange(minimum_digits=4, maximum_digits=6)
    exchange.iam(1, "8008")
    exchange.at(5)
    assert exchange.told() == [Setup("8008")]


def test_segment_brings_the_rest_of_the_iam(exchange: Exchange) -> None:
    exchange.iam(1, "80", OptionalForwardCallIndicators(segmentation=1))
    assert exchange.told() == []
    exchange.put(1, Type.SGM, UserToUserInformation(4, b"more"))
    assert exchange.told() == [Setup("80", additional="more")]
    assert exchange.isup.next_deadline is None


def test_t34_goes_on_without_the_segment(exchange: Exchange) -> None:
    exchange.iam(1, "80", OptionalForwardCallIndicators(segmentation=1))
    exchange.at(3)
    assert exchange.told() == [Setup("80")]


def test_call_waits_for_continuity(exchange: Exchange) -> None:
    exchange.iam(1, "80", check=1)
    assert exchange.told() == []
    assert exchange.notes() == [What.LOOP_ON]
    exchange.put(1, Type.COT, ContinuityIndicators(1))
    assert exchange.told() == [Setup("80")]
    assert exchange.notes() == [What.LOOP_OFF]


def test_t8_releases_a_call_without_cot(exchange: Exchange) -> None:
    exchange.iam(1, "80", check=2)
    exchange.at(12)
    (rel,) = exchange.sent()
    assert rel.get(CauseIndicators) == CauseIndicators(41)


def test_failed_continuity_is_checked_again_and_t27_resets(exchange: Exchange) -> None:
    exchange.iam(1, "80", check=1)
    exchange.put(1, Type.COT, ContinuityIndicators(0))
    exchange.put(1, Type.CCR)
    assert exchange.isup.next_deadline == exchange.now + 12 * SECOND  # T36
    assert exchange.notes() == [What.LOOP_ON, What.LOOP_OFF, What.CONTINUITY_FAILED, What.LOOP_ON]
    exchange.put(1, Type.COT, ContinuityIndicators(0))
    exchange.at(240)
    assert exchange.got() == "RSC1"
    assert exchange.told() == []
    assert any(notice.alert for notice in exchange.isup.notices())


def test_ccr_on_an_idle_circuit_ends_with_rel(exchange: Exchange) -> None:
    exchange.put(1, Type.CCR)
    assert not exchange.isup.idle(1)
    exchange.put(1, Type.REL, CauseIndicators(16))
    assert exchange.got() == "RLC1"
    assert exchange.isup.idle(1)
    assert exchange.told() == []
    assert exchange.notes() == [What.LOOP_ON, What.LOOP_OFF]


# timers of calls


def test_t1_repeats_rel_and_t5_resets_then_t17_for_ever(exchange: Exchange) -> None:
    incoming_answered(exchange)
    exchange.ask(1, Release(16))
    start = exchange.now
    assert exchange.got() == "REL1"
    for _ in range(19):
        exchange.at(15)
        assert exchange.got() == "REL1"
    exchange.at(15)  # T1 and T5 together: the older one, T5, was started first and both are due
    assert exchange.now - start == 5 * MINUTE
    assert exchange.got().endswith("RSC1")
    assert exchange.told() == [Released(16)]
    assert What.NOT_ACKNOWLEDGED in exchange.notes()
    for _ in range(3):
        exchange.at(300)
        assert exchange.got() == "RSC1"
        assert exchange.notes() == [What.NOT_ACKNOWLEDGED]
    assert exchange.log[-1].alert
    assert exchange.state() == "transient"
    exchange.put(1, Type.RLC)
    assert exchange.state() == "idle"
    assert exchange.isup.next_deadline is None


@pytest.mark.parametrize(
    ("prepare", "seconds", "cause"),
    [
        (lambda e: None, 25, 31),
        (lambda e: e.put(1, Type.ACM, BackwardCallIndicators()), 180, 19),
        (lambda e: suspend(e, network=1), 30, 102),
        (lambda e: suspend(e, network=0), 180, 102),
    ],
    ids=["T7", "T9", "T6", "T2"],
)
def test_expiry_of_an_outgoing_call_releases_it(
    exchange: Exchange, prepare: Callable[[Exchange], None], seconds: float, cause: int
) -> None:
    outgoing_called(exchange)
    prepare(exchange)
    exchange.told()
    exchange.at(seconds)
    (rel,) = exchange.sent()
    assert rel.get(CauseIndicators) == CauseIndicators(cause)
    assert exchange.told() == [Release(cause)]
    exchange.ask(1, Released())
    exchange.put(1, Type.RLC)
    assert exchange.told() == []
    assert exchange.isup.idle(1)


def suspend(exchange: Exchange, *, network: int) -> None:
    exchange.put(1, Type.ACM, BackwardCallIndicators())
    exchange.put(1, Type.ANM)
    exchange.put(1, Type.SUS, SuspendResumeIndicators(network))


def test_resume_stops_t6(exchange: Exchange) -> None:
    outgoing_called(exchange)
    suspend(exchange, network=1)
    assert exchange.isup.next_deadline is not None
    exchange.put(1, Type.RES, SuspendResumeIndicators(1))
    assert exchange.isup.next_deadline is None
    assert exchange.state() == "outgoing busy"


def test_timer_overrides_are_checked() -> None:
    assert Isup(IsupConfig(OWN, {PEER: (1,)}, timers={"T7": 20 * SECOND})).timers["T7"] == 20 * SECOND
    with pytest.raises(ConfigurationError, match="T7"):
        Isup(IsupConfig(OWN, {PEER: (1,)}, timers={"T7": 31 * SECOND}))
    with pytest.raises(ConfigurationError, match="T99"):
        Isup(IsupConfig(OWN, {PEER: (1,)}, timers={"T99": SECOND}))


# dual seizure


@pytest.mark.parametrize(("own", "cic"), [(100, 1), (300, 2)])
def test_dual_seizure_on_a_circuit_we_control_goes_on(own: int, cic: int) -> None:
    exchange = Exchange(own)
    outgoing_called(exchange, cic)
    exchange.iam(cic)
    assert exchange.told() == []
    assert exchange.notes() == [What.DUAL_SEIZURE]
    exchange.put(cic, Type.ACM, BackwardCallIndicators(2))
    assert exchange.told() == [Proceeding()]


@pytest.mark.parametrize(("own", "cic"), [(100, 2), (300, 1)])
def test_dual_seizure_on_a_circuit_they_control_gives_way(own: int, cic: int) -> None:
    exchange = Exchange(own)
    outgoing_called(exchange, cic)
    exchange.iam(cic)
    assert exchange.told() == [Failed(), Setup("8008200001")]
    assert exchange.got() == ""
    assert exchange.state(cic) == "incoming busy"
    assert exchange.isup.next_deadline is None
    exchange.ask(cic, Proceeding())
    assert exchange.got() == f"ACM{cic}"


# unexpected messages


def test_rel_on_an_idle_circuit_is_answered(exchange: Exchange) -> None:
    exchange.put(1, Type.REL, CauseIndicators(16))
    assert exchange.got() == "RLC1"


def test_rlc_on_an_idle_circuit_is_discarded(exchange: Exchange) -> None:
    exchange.put(1, Type.RLC)
    assert exchange.got() == ""
    assert exchange.state() == "idle"


def test_acm_on_an_idle_circuit_resets_it(exchange: Exchange) -> None:
    exchange.put(1, Type.ACM, BackwardCallIndicators())
    assert exchange.got() == "RSC1"
    exchange.put(1, Type.RLC)
    assert exchange.state() == "idle"


def test_rlc_for_a_call_without_rel_resets(exchange: Exchange) -> None:
    outgoing_answered(exchange)
    exchange.put(1, Type.RLC)
    assert exchange.got() == "RSC1"
    assert exchange.told() == [Release(31)]


def test_unexpected_before_the_first_backward_message_resets_and_tries_again(exchange: Exchange) -> None:
    outgoing_called(exchange)
    exchange.put(1, Type.ANM)
    assert exchange.got() == "RSC1"
    assert exchange.told() == [Failed()]


def test_unexpected_after_the_first_backward_message_is_discarded(exchange: Exchange) -> None:
    outgoing_answered(exchange)
    exchange.put(1, Type.ACM, BackwardCallIndicators())
    exchange.iam()
    assert exchange.got() == ""
    assert exchange.state() == "outgoing busy"


def test_unexpected_for_an_incoming_call_before_acm_resets(exchange: Exchange) -> None:
    exchange.iam()
    exchange.told()
    exchange.put(1, Type.ANM)
    assert exchange.got() == "RSC1"
    assert exchange.told() == [Release(31)]


# unrecognised information


def raw(cic: int, kind: int, body: bytes) -> bytes:
    return bytes((cic, 0, kind)) + body


def test_unknown_message_is_answered_by_confusion(exchange: Exchange) -> None:
    incoming_answered(exchange)
    exchange.isup.receive(PEER, raw(1, 0xFB, b"\x00"), 0)
    (cfn,) = exchange.sent()
    assert cfn.get(CauseIndicators) == CauseIndicators(97, diagnostics=b"\xfb")
    assert exchange.state() == "incoming busy"


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [(0x82, "REL1"), (0x88, ""), (0x8C, "CFN1"), (0x80, "REL1"), (0x90, "")],
    ids=["release", "discard", "discard and notify", "pass on: release", "pass on: discard"],
)
def test_unknown_message_obeys_its_instructions(exchange: Exchange, instruction: int, expected: str) -> None:
    incoming_answered(exchange)
    exchange.isup.receive(PEER, raw(1, 0xFB, bytes((1, 0x38, 1, instruction, 0))), 0)
    assert exchange.got() == expected


def test_unknown_parameter_is_told_and_the_call_goes_on(exchange: Exchange) -> None:
    exchange.iam(1, "80", Raw(0xFB, b"\x11"))
    (cfn,) = exchange.sent()
    assert cfn.get(CauseIndicators) == CauseIndicators(99, diagnostics=b"\xfb")
    assert exchange.told() == [Setup("80")]


@pytest.mark.parametrize(
    ("instruction", "sent", "told"),
    [
        (0x90, "", [Setup("80")]),
        (0x94, "CFN1", [Setup("80")]),
        (0x88, "", []),
        (0x82, "REL1", []),
    ],
    ids=["discard parameter", "discard parameter and notify", "discard message", "release"],
)
def test_unknown_parameter_obeys_its_instructions(
    exchange: Exchange, instruction: int, sent: str, told: list[Primitive]
) -> None:
    exchange.iam(1, "80", Raw(0xFB, b"\x11"), Raw(0x39, bytes((0xFB, instruction))))
    assert exchange.got() == sent
    assert exchange.told() == told


def test_octets_that_are_no_message_are_noted(exchange: Exchange) -> None:
    exchange.isup.receive(PEER, b"\x01", 0)
    exchange.isup.receive(PEER, b"\x01\x00\x0c\x00", 0)
    exchange.isup.receive(999, b"\x01\x00\x12", 0)
    assert exchange.notes() == [What.MALFORMED, What.MALFORMED, What.FOREIGN]
    assert exchange.got() == ""


def test_unequipped_circuit_is_answered_by_ucic(exchange: Exchange) -> None:
    exchange.iam(16)
    assert exchange.got() == "UCIC16"
    exchange.put(16, Type.UCIC)
    assert exchange.got() == ""


def test_ucic_takes_the_circuit_out_of_service(exchange: Exchange) -> None:
    outgoing_called(exchange)
    exchange.put(1, Type.UCIC)
    assert exchange.told() == [Failed()]
    assert not exchange.isup.idle(1)
    assert exchange.state() == "unequipped"
    exchange.isup.reset(1, exchange.now)
    exchange.put(1, Type.RLC)
    assert exchange.isup.idle(1)


def test_user_part_test_is_answered(exchange: Exchange) -> None:
    exchange.put(1, Type.UPT)
    assert exchange.got() == "UPA1"


# reset


def test_rsc_on_an_idle_circuit(exchange: Exchange) -> None:
    exchange.put(1, Type.RSC)
    assert exchange.got() == "RLC1"
    assert exchange.notes() == [What.RESET_RECEIVED]


def test_rsc_during_a_call_clears_it(exchange: Exchange) -> None:
    incoming_answered(exchange)
    exchange.put(1, Type.RSC)
    assert exchange.got() == "RLC1"
    assert exchange.told() == [Release(31)]


def test_rsc_for_our_iam_tries_again(exchange: Exchange) -> None:
    outgoing_called(exchange)
    exchange.put(1, Type.RSC)
    assert exchange.got() == "RLC1"
    assert exchange.told() == [Failed()]


def test_rsc_for_our_rel_is_as_good_as_rlc(exchange: Exchange) -> None:
    incoming_answered(exchange)
    exchange.ask(1, Release(16))
    exchange.put(1, Type.RSC)
    assert exchange.got() == "REL1 RLC1"
    assert exchange.told() == [Released(16)]
    assert exchange.isup.next_deadline is None


def test_rsc_for_a_circuit_we_block_is_answered_by_blo(exchange: Exchange) -> None:
    exchange.isup.block(1, exchange.now)
    exchange.put(1, Type.BLA)
    exchange.put(1, Type.RSC)
    assert exchange.got() == "BLO1 BLO1 RLC1"


def test_ordered_reset_repeats_by_t16_then_t17(exchange: Exchange) -> None:
    outgoing_answered(exchange)
    exchange.isup.reset(1, exchange.now)
    assert exchange.got() == "RSC1"
    assert exchange.told() == [Released(31)]
    for _ in range(19):
        exchange.at(15)
        assert exchange.got() == "RSC1"
    exchange.at(15)
    exchange.sent()
    assert any(notice.alert for notice in exchange.isup.notices())
    deadline = exchange.isup.next_deadline
    assert deadline is not None
    exchange.put(1, Type.RLC)
    assert exchange.isup.next_deadline is None
    assert exchange.isup.idle(1)


def test_while_resetting_only_release_and_reset_are_answered(exchange: Exchange) -> None:
    exchange.isup.reset(1, exchange.now)
    exchange.iam()
    exchange.put(1, Type.REL, CauseIndicators(16))
    exchange.put(1, Type.RSC)
    assert exchange.got() == "RSC1 RLC1 RLC1"
    assert exchange.told() == []


def test_group_reset_received_clears_calls_and_blocking(exchange: Exchange) -> None:
    incoming_answered(exchange, 2)
    exchange.put(3, Type.BLO)
    exchange.isup.block(4, exchange.now)
    exchange.put(4, Type.BLA)
    exchange.got()
    exchange.put(1, Type.GRS, RangeAndStatus(5))
    (gra,) = exchange.sent()
    assert gra.get(RangeAndStatus) == RangeAndStatus(5, b"\x08")
    assert exchange.told() == [Release(31)]
    assert exchange.state(3) == "idle"
    assert exchange.state(4) == "idle, locally blocked"


@pytest.mark.parametrize("size", [0, 32, 255])
def test_group_reset_of_wrong_range_is_discarded(exchange: Exchange, size: int) -> None:
    exchange.put(1, Type.GRS, RangeAndStatus(size))
    assert exchange.got() == ""
    assert exchange.notes() == [What.MALFORMED]


def test_group_reset_sent_repeats_and_takes_blocking_from_the_answer(exchange: Exchange) -> None:
    exchange.isup.reset_group(1, 6, exchange.now)
    (grs,) = exchange.sent()
    assert grs.get(RangeAndStatus) == RangeAndStatus(5)
    assert not exchange.isup.idle(6)
    for _ in range(19):
        exchange.at(15)
        assert exchange.got() == "GRS1"
    exchange.at(15)
    exchange.sent()
    exchange.at(300)
    assert exchange.got() == "GRS1"
    exchange.put(1, Type.GRA, RangeAndStatus(4, b"\0"))
    assert not exchange.isup.idle(6)
    exchange.put(1, Type.GRA, RangeAndStatus(5, b"\x02"))
    assert exchange.state(2) == "idle, remotely blocked"
    assert exchange.isup.idle(6)
    assert exchange.isup.next_deadline is None


def test_reset_of_a_whole_span_leaves_out_what_does_not_exist(exchange: Exchange) -> None:
    exchange.isup.reset_group(1, 31, exchange.now)
    (grs,) = exchange.sent()
    assert grs.get(RangeAndStatus) == RangeAndStatus(30)
    with pytest.raises(StateError, match="16"):
        exchange.isup.reset_group(16, 2, exchange.now)


# blocking


@pytest.mark.parametrize(("order", "sent", "answer"), [("block", "BLO1", "BLA"), ("unblock", "UBL1", "UBA")])
def test_blocking_orders_repeat_and_alert(exchange: Exchange, order: str, sent: str, answer: str) -> None:
    getattr(exchange.isup, order)(1, exchange.now)
    assert exchange.got() == sent
    for _ in range(19):
        exchange.at(15)
        assert exchange.got() == sent
    exchange.at(15)
    exchange.sent()
    exchange.at(300)
    assert exchange.got() == sent
    assert [notice.alert for notice in exchange.isup.notices()] == [True, True]
    exchange.put(1, Type[answer])
    assert exchange.isup.next_deadline is None
    assert exchange.state() == ("idle, locally blocked" if order == "block" else "idle")


def test_blocking_received_and_removed(exchange: Exchange) -> None:
    exchange.put(1, Type.BLO)
    exchange.put(1, Type.BLO)
    assert exchange.state() == "idle, remotely blocked"
    assert not exchange.isup.idle(1)
    exchange.put(1, Type.UBL)
    exchange.put(1, Type.UBL)
    assert exchange.got() == "BLA1 BLA1 UBA1 UBA1"
    assert exchange.isup.idle(1)


def test_iam_removes_remote_blocking_unless_it_is_a_test_call(exchange: Exchange) -> None:
    exchange.put(1, Type.BLO)
    exchange.put(2, Type.BLO)
    exchange.put(1, Type.CGB, CircuitGroupSupervisionType(1), RangeAndStatus.of(2, {0, 1}))
    exchange.iam(1)
    assert exchange.state(1) == "incoming busy"
    message = initial_address(2, Setup("80"), exchange.isup.config)
    fixed = (*message.fixed[:2], CallingPartysCategory(0x0D), message.fixed[3])
    test_call = Message(2, Type.IAM, fixed, message.variable)
    exchange.isup.receive(PEER, test_call.encode(), exchange.now)
    assert exchange.state(2) == "incoming busy, remotely blocked, remotely blocked for hardware"


def test_iam_on_a_circuit_we_block_is_refused_by_blo(exchange: Exchange) -> None:
    exchange.isup.block(1, exchange.now)
    exchange.iam(1)
    assert exchange.told() == [Setup("8008200001")]  # crossed our BLO
    exchange.isup.block(2, exchange.now)
    exchange.put(2, Type.BLA)
    exchange.got()
    exchange.iam(2)
    assert exchange.got() == "BLO2"
    assert exchange.told() == []


def test_acknowledgements_nobody_asked_for(exchange: Exchange) -> None:
    exchange.put(1, Type.UBA)
    assert exchange.got() == ""
    exchange.put(1, Type.BLA)
    assert exchange.got() == "UBL1"
    exchange.isup.block(2, exchange.now)
    exchange.put(2, Type.BLA)
    exchange.got()
    exchange.put(2, Type.UBA)
    assert exchange.got() == "BLO2"


def test_blo_for_our_iam_releases_and_tries_again(exchange: Exchange) -> None:
    outgoing_called(exchange)
    exchange.put(1, Type.BLO)
    assert exchange.got() == "BLA1 REL1"
    assert exchange.told() == [Failed()]
    exchange.put(1, Type.RLC)
    assert exchange.told() == []
    assert exchange.state() == "idle, remotely blocked"


@pytest.mark.parametrize("hardware", [0, 1])
def test_group_blocking_received(exchange: Exchange, hardware: int) -> None:
    incoming_answered(exchange, 2)
    group = RangeAndStatus.of(6, {1, 2})
    exchange.put(1, Type.CGB, CircuitGroupSupervisionType(hardware), group)
    (cgba,) = exchange.sent()
    assert cgba.kind == Type.CGBA
    assert cgba.get(RangeAndStatus) == group
    assert cgba.get(CircuitGroupSupervisionType) == CircuitGroupSupervisionType(hardware)
    assert exchange.told() == ([Release(31)] if hardware else [])
    assert "remotely blocked" in exchange.state(3)
    assert exchange.state(4) == "idle"
    exchange.put(1, Type.CGU, CircuitGroupSupervisionType(hardware), group)
    assert exchange.got() == "CGUA1"
    assert exchange.state(3) == "idle"


@pytest.mark.parametrize(
    "group",
    [RangeAndStatus(0, b"\x01"), RangeAndStatus(9, b"\x01"), RangeAndStatus.of(64, set(range(40)))],
    ids=["range 0", "status too short", "more than 32 circuits"],
)
def test_group_blocking_with_wrong_range_is_discarded(exchange: Exchange, group: RangeAndStatus) -> None:
    exchange.put(1, Type.CGB, CircuitGroupSupervisionType(0), group)
    assert exchange.got() == ""


def test_group_blocking_of_unknown_type_is_discarded(exchange: Exchange) -> None:
    exchange.put(1, Type.CGB, CircuitGroupSupervisionType(2), RangeAndStatus.of(2, {0, 1}))
    assert exchange.got() == ""


@pytest.mark.parametrize("hardware", [False, True])
def test_group_blocking_sent(exchange: Exchange, hardware: bool) -> None:
    incoming_answered(exchange, 2)
    exchange.isup.block_group(1, 6, exchange.now, hardware=hardware)
    assert exchange.got() == "CGB1"
    assert exchange.told() == ([Release(31)] if hardware else [])
    exchange.at(15)
    assert exchange.got() == "CGB1"
    kind = CircuitGroupSupervisionType(int(hardware))
    exchange.put(1, Type.CGBA, CircuitGroupSupervisionType(1 - hardware), RangeAndStatus.of(6, set(range(6))))
    assert exchange.isup.next_deadline is not None
    exchange.put(1, Type.CGBA, kind, RangeAndStatus.of(6, set(range(6))))
    assert exchange.isup.next_deadline is None
    assert "locally blocked" in exchange.state(6)
    exchange.isup.unblock_group(1, 6, exchange.now, hardware=hardware)
    exchange.at(15)
    assert exchange.got() == "CGU1 CGU1"
    exchange.put(1, Type.CGUA, kind, RangeAndStatus.of(6, set(range(6))))
    assert exchange.isup.next_deadline is None
    assert exchange.state(6) == "idle"


def test_hardware_blocking_of_one_circuit_marks_that_one_only(exchange: Exchange) -> None:
    exchange.isup.block_group(3, 1, exchange.now, hardware=True)
    (cgb,) = exchange.sent()
    assert cgb.get(RangeAndStatus) == RangeAndStatus(1, b"\x01")
    assert exchange.isup.idle(4)
    exchange.put(3, Type.GRS, RangeAndStatus(1))
    assert [each.name for each in exchange.sent()] == ["GRA", "CGB"]


def test_group_order_takes_back_the_one_before(exchange: Exchange) -> None:
    exchange.isup.block_group(1, 6, exchange.now)
    exchange.isup.unblock_group(1, 6, exchange.now)
    assert exchange.got() == "CGB1 CGU1"
    exchange.put(1, Type.CGUA, CircuitGroupSupervisionType(0), RangeAndStatus.of(6, set(range(6))))
    assert exchange.isup.next_deadline is None
    assert exchange.state(1) == "idle"


def test_partial_acknowledgement_alerts(exchange: Exchange) -> None:
    exchange.isup.block_group(1, 2, exchange.now)
    exchange.put(1, Type.CGBA, CircuitGroupSupervisionType(0), RangeAndStatus.of(2, {0}))
    assert exchange.isup.next_deadline is None
    assert exchange.isup.notices()[-1].alert


def test_circuit_query_tells_every_state(exchange: Exchange) -> None:
    incoming_answered(exchange, 14)
    exchange.isup.block(15, exchange.now)
    exchange.put(15, Type.BLA)
    exchange.got()
    outgoing_answered(exchange, 17)
    exchange.put(18, Type.BLO)
    exchange.ask(19, Setup("1"))
    exchange.sent()
    exchange.put(13, Type.CQM, RangeAndStatus(6))
    (cqr,) = exchange.sent()
    assert cqr.get(CircuitStateIndicator) == CircuitStateIndicator(
        bytes((0b1100, 0b0100, 0b1101, 0b0011, 0b1000, 0b1110, 0b0000))
    )


# the rest


def test_pause_keeps_circuits_from_being_seized(exchange: Exchange) -> None:
    exchange.isup.pause(PEER, 0)
    assert not exchange.isup.idle(1)
    exchange.isup.resume(PEER, 0)
    assert exchange.isup.idle(1)
    assert exchange.notes() == [What.PAUSED, What.RESUMED_DESTINATION]


def test_legs_take_their_group_from_the_configuration() -> None:
    isup = Isup(IsupConfig(OWN, {PEER: (1, 2)}, groups={(PEER, 2): "second"}, group="first"))
    assert isup.idle(Leg("first", 1))
    assert isup.idle(Leg("second", 2))
    with pytest.raises(StateError, match="first/2"):
        isup.request(Leg("first", 2), Setup("1"), 0)


@pytest.mark.parametrize("circuits", [{PEER: (4096,)}, {OWN: (1,)}, {PEER: (1, 1)}])
def test_circuits_that_cannot_be_are_refused(circuits: dict[int, tuple[int, ...]]) -> None:
    with pytest.raises(ConfigurationError, match="circuit"):
        Isup(IsupConfig(OWN, circuits))


def test_every_timer_record_is_started_by_some_machine() -> None:
    folder = Path(isup_package.__file__).parent
    modules = [path for path in folder.glob("*.py") if path.name != "timers.py"]
    source = "".join(path.read_text(encoding="utf-8") for path in modules)
    assert [name for name in TIMERS if f'"{name}"' not in source] == []


# checks of our own, congestion, queries: exact deadlines


def checking(cic: int = 1) -> Exchange:
    exchange = Exchange(continuity={"g": 1})
    exchange.ask(cic, Setup("80"))
    (iam,) = exchange.sent()
    nature = iam.get(NatureOfConnectionIndicators)
    assert nature is not None
    assert nature.continuity_check == 1
    assert exchange.notes() == [What.TONE_ON]
    return exchange


def test_check_that_passes_is_told_by_cot_and_t7_begins_anew() -> None:
    exchange = checking()
    exchange.now += SECOND // 10
    exchange.isup.check_tone(Leg("g", 1), exchange.now)
    assert exchange.got() == "COT1"
    assert exchange.notes() == [What.TONE_OFF]
    exchange.at(25)


def test_check_that_fails_is_repeated_after_t25_then_t26() -> None:
    exchange = checking()
    exchange.at(1.9)
    assert exchange.told() == [Failed(41)]
    assert (exchange.got(), exchange.notes()) == ("COT1", [What.TONE_OFF, What.CONTINUITY_FAILED])
    assert not exchange.isup.idle(1)
    exchange.at(5)
    assert exchange.got() == "CCR1"
    exchange.at(1.9)
    assert exchange.got() == "COT1"
    exchange.at(120)
    assert exchange.got() == "CCR1"
    exchange.isup.check_tone(Leg("g", 1), exchange.now)
    assert exchange.got() == "REL1"
    exchange.put(1, Type.RLC)
    assert exchange.isup.idle(1)
    assert exchange.isup.next_deadline is None


def test_reset_ends_a_recheck() -> None:
    exchange = checking()
    exchange.at(1.9)
    exchange.got()
    exchange.put(1, Type.RSC)
    assert exchange.got() == "RLC1"
    assert exchange.isup.idle(1)
    assert exchange.isup.next_deadline is None


def test_user_part_is_tested_each_t4_until_anything_comes(exchange: Exchange) -> None:
    exchange.isup.unavailable(PEER, 0, exchange.now)
    assert exchange.got() == "UPT1"
    assert not exchange.isup.idle(5)
    exchange.at(300)
    assert exchange.got() == "UPT1"
    exchange.put(1, Type.UPA)
    assert exchange.isup.idle(5)
    assert exchange.isup.next_deadline is None


def test_congestion_counts_again_after_t29_and_goes_by_t30(exchange: Exchange) -> None:
    for _ in range(3):
        exchange.isup.congested(PEER, exchange.now)
    assert exchange.isup.destinations[PEER].reduction.step == 1
    exchange.at(0.5)
    exchange.isup.congested(PEER, exchange.now)
    assert exchange.isup.destinations[PEER].reduction.step == 2
    exchange.at(0.5)
    exchange.at(7.5)
    assert exchange.isup.destinations[PEER].reduction.step == 1
    exchange.at(8)
    assert exchange.isup.destinations[PEER].reduction.step == 0
    assert exchange.isup.next_deadline is None


def test_query_without_answer_alerts_after_t28(exchange: Exchange) -> None:
    exchange.isup.query_group(1, 4, exchange.now)
    assert exchange.got() == "CQM1"
    exchange.at(10)
    assert exchange.notes() == [What.NOT_ACKNOWLEDGED]
    assert exchange.log[-1].alert


def test_query_resets_a_circuit_that_only_we_hold_for_idle(exchange: Exchange) -> None:
    exchange.isup.query_group(1, 2, exchange.now)
    exchange.put(1, Type.CQR, RangeAndStatus(1), CircuitStateIndicator(bytes((0x0C, 0x08))))
    assert exchange.got() == "CQM1 RSC2"


def test_calling_number_is_asked_for_and_taken_from_inf() -> None:
    exchange = Exchange(ask_calling=True)
    exchange.iam(1, "80")
    assert exchange.got() == "INR1"
    exchange.put(1, Type.INF, InformationIndicators(3), CallingPartyNumber("123"))
    assert exchange.told() == [Setup("80", "123")]
    exchange.iam(2, "80")
    exchange.got()
    exchange.at(14)
    assert exchange.got() == "REL2"
    assert exchange.told() == []


def test_congestion_level_is_in_every_release(exchange: Exchange) -> None:
    exchange.isup.congestion(2)
    exchange.iam(1, "80")
    exchange.ask(1, Release(17))
    (rel,) = exchange.sent()
    assert rel.get(AutomaticCongestionLevel) == AutomaticCongestionLevel(2)

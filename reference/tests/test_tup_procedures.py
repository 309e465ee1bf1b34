"""The procedures of Q.724 as seen from the line: one user part, messages in and out, exact deadlines."""

from __future__ import annotations

import pytest

from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Category,
    Cause,
    Charge,
    Charging,
    Check,
    Continuity,
    Digits,
    Failed,
    ForwardTransfer,
    Leg,
    Medium,
    Nature,
    Primitive,
    Proceeding,
    Progress,
    Release,
    Released,
    Resume,
    Setup,
    Suspend,
    Transparent,
)
from callcenter.errors import ConfigurationError, StateError
from callcenter.ss7.notices import Notice, What
from callcenter.ss7.tup import Heading, Message, Tup, TupConfig, decode
from callcenter.ss7.tup.causes import CAUSES, SIGNALS, signal_of
from callcenter.ss7.tup.contents import (
    EMPTY,
    Address,
    AddressComplete,
    Congestion,
    Contents,
    ExtendedUnsuccessful,
    GeneralForward,
    GeneralRequest,
    InitialAddress,
    InitialAddressAdditional,
    MeteringPulses,
    RangeAndStatus,
    Raw,
    Subsequent,
    SubsequentOne,
)
from callcenter.ss7.tup.messages import UNSUCCESSFUL
from testrig.clock import MINUTE, SECOND, Instant
from testrig.system import Variant

OWN, PEER = 100, 200
CICS = tuple(n for n in range(1, 32) if n != 16)
CALLED = "8008200001"


class Exchange:
    """One user part and a pen: `got` reads what went out since the last time."""

    def __init__(self, variant: Variant = "itu14", **options: object) -> None:
        self.variant: Variant = variant
        self.tup = Tup(TupConfig(OWN, {PEER: CICS}, variant, group="g", **options))  # type: ignore[arg-type]
        self.now: Instant = 1000
        self.log: list[Notice] = []

    def put(self, cic: int, kind: Heading, contents: Contents = EMPTY) -> None:
        message = Message(cic, kind, contents)
        self.tup.receive(PEER, message.encode(self.variant), self.now, message.tail(self.variant))

    def iam(self, cic: int = 1, called: str = CALLED, *, check: int = 0) -> None:
        self.put(cic, Heading.IAM, InitialAddress(called, check=check))

    def ask(self, cic: int, primitive: Primitive) -> None:
        self.tup.request(Leg("g", cic), primitive, self.now)

    def sent(self) -> list[Message]:
        return [decode(each.data, each.sls, self.variant) for each in self.tup.messages()]

    def got(self) -> str:
        return " ".join(f"{each.name}{each.cic}" for each in self.sent())

    def told(self) -> list[Primitive]:
        return [each.primitive for each in self.tup.indications()]

    def notes(self) -> list[What]:
        self.log += self.tup.notices()
        return [each.what for each in self.log]

    def state(self, cic: int = 1) -> str:
        return self.tup.circuit_state(Leg("g", cic))

    def idle(self, cic: int = 1) -> bool:
        return self.tup.idle(Leg("g", cic))

    def silent_for(self, frames: int) -> None:
        """Nothing goes out in less than `frames`, and something does then."""
        end = self.now + frames
        while (at := self.tup.next_deadline) is not None and at < end:
            self.now = at
            self.tup.expire(at)
            assert not self.tup.messages(), f"at {at - end + frames} frames"
        self.now = end
        self.tup.expire(end)

    def offered(self) -> None:
        """An incoming call waits for the engine."""
        self.iam()
        assert isinstance(self.told()[0], Setup)

    def answered(self) -> None:
        """An incoming call is answered."""
        self.offered()
        self.ask(1, Answer())
        assert self.got() == "ACM1 ANC1"

    def calling(self) -> None:
        """An outgoing call waits for ACM."""
        self.ask(1, Setup(CALLED))
        assert self.got() == "IAM1"

    def connected(self) -> None:
        """An outgoing call is answered."""
        self.calling()
        self.put(1, Heading.ACM, AddressComplete(free=1))
        self.put(1, Heading.ANC)
        assert [type(each) for each in self.told()] == [Alerting, Answer]


# incoming calls


def test_incoming_call_has_one_acm_then_answer_and_is_cleared_by_the_caller() -> None:
    exchange = Exchange()
    exchange.offered()
    exchange.ask(1, Alerting())
    assert exchange.sent()[0].contents == AddressComplete(type=1, free=1)
    exchange.ask(1, Progress())
    exchange.ask(1, Alerting())
    exchange.ask(1, Answer())
    assert exchange.got() == "ANC1"
    exchange.put(1, Heading.CLF)
    assert (exchange.got(), exchange.told()) == ("RLG1", [Release(16)])
    assert not exchange.idle()
    exchange.ask(1, Released())
    assert exchange.idle()


@pytest.mark.parametrize(
    ("primitive", "contents"),
    [
        (Proceeding(charge=Charge.NO_CHARGE), AddressComplete(type=2)),
        (Proceeding(charge=Charge.NO_INDICATION), AddressComplete(type=0)),
        (Progress(), AddressComplete(type=1)),
        (
            Alerting(transparent=Transparent("tup", (AddressComplete(3, 1, path=1),))),
            AddressComplete(3, 1, path=1),
        ),
    ],
)
def test_acm_says_what_the_engine_says(primitive: Primitive, contents: AddressComplete) -> None:
    exchange = Exchange()
    exchange.offered()
    exchange.ask(1, primitive)
    assert exchange.sent()[0].contents == contents


def test_call_that_is_not_charged_is_answered_so() -> None:
    exchange = Exchange()
    exchange.offered()
    exchange.ask(1, Answer(charge=Charge.NO_CHARGE))
    acm, answer = exchange.sent()
    assert (acm.contents, answer.name) == (AddressComplete(type=2), "ANN")


def test_called_party_hanging_up_is_clear_back_and_caller_clears() -> None:
    exchange = Exchange()
    exchange.answered()
    exchange.ask(1, Release(16))
    assert exchange.got() == "CBK1"
    assert exchange.tup.next_deadline is None
    assert exchange.state() == "incoming busy"
    exchange.put(1, Heading.CLF)
    assert (exchange.got(), exchange.told()) == ("RLG1", [Released(16)])
    assert exchange.idle()


def test_suspend_and_resume_are_clear_back_and_re_answer() -> None:
    exchange = Exchange()
    exchange.answered()
    exchange.ask(1, Suspend())
    exchange.ask(1, Suspend())
    exchange.ask(1, Resume())
    exchange.ask(1, Suspend())
    exchange.ask(1, Answer())
    assert exchange.got() == "CBK1 RAN1 CBK1 RAN1"
    exchange.ask(1, Suspend())
    exchange.ask(1, Release(16))
    assert exchange.got() == "CBK1"
    exchange.put(1, Heading.CLF)
    assert exchange.told() == [Released(16)]


@pytest.mark.parametrize("cause", sorted({*SIGNALS, 16, 18, 19, 31, 102, 127}))
@pytest.mark.parametrize("variant", ["itu14", "china24"])
def test_refusal_before_answer_is_one_unsuccessful_signal(cause: int, variant: Variant) -> None:
    exchange = Exchange(variant)
    exchange.offered()
    exchange.ask(1, Release(cause))
    (message,) = exchange.sent()
    assert message.kind == signal_of(cause, variant)
    assert message.kind in UNSUCCESSFUL
    exchange.put(1, Heading.CLF)
    assert (exchange.got(), exchange.told()) == ("RLG1", [Released(cause)])


def test_busy_is_ssb_and_in_china_slb() -> None:
    assert signal_of(17, "itu14") is Heading.SSB
    assert signal_of(17, "china24") is Heading.SLB
    assert signal_of(5, "china24") is Heading.ADI
    assert set(CAUSES) == UNSUCCESSFUL


def test_unsuccessful_signal_from_a_telephone_user_part_goes_back_as_it_came() -> None:
    exchange = Exchange("china24")
    exchange.offered()
    exchange.ask(1, Release(17, transparent=Transparent("tup", (Message(9, Heading.STB),))))
    assert exchange.got() == "STB1"
    other = Exchange()
    other.offered()
    busy = ExtendedUnsuccessful(1, extra=b"\1\2")
    other.ask(1, Release(17, transparent=Transparent("tup", (Message(9, Heading.EUM, busy),))))
    assert other.sent()[0].contents == busy


def test_missing_clear_forward_brings_call_failure_again_and_again_for_a_minute() -> None:
    exchange = Exchange()
    exchange.offered()
    exchange.ask(1, Release(17))
    assert exchange.got() == "SSB1"
    exchange.silent_for(10 * SECOND)
    assert exchange.got() == "CFL1"
    for _ in range(5):
        exchange.silent_for(10 * SECOND)
        assert exchange.got() == "CFL1"
    exchange.silent_for(MINUTE)
    assert exchange.got() == ""
    assert exchange.tup.next_deadline is None
    assert exchange.notes().count(What.NOT_ACKNOWLEDGED) == 1
    exchange.put(1, Heading.CLF)
    assert (exchange.got(), exchange.told()) == ("RLG1", [Released(17)])


def test_call_failure_from_the_engine_is_repeated_without_t3() -> None:
    exchange = Exchange()
    exchange.offered()
    exchange.ask(1, Release(31))
    assert exchange.got() == "CFL1"
    exchange.silent_for(10 * SECOND)
    assert exchange.got() == "CFL1"


def test_number_in_pieces_is_offered_when_it_is_long_enough() -> None:
    exchange = Exchange(minimum_digits=4)
    exchange.iam(called="80")
    assert exchange.told() == []
    exchange.put(1, Heading.SAO, SubsequentOne("0"))
    assert exchange.told() == []
    exchange.put(1, Heading.SAM, Subsequent("820"))
    (setup,) = exchange.told()
    assert isinstance(setup, Setup)
    assert (setup.called, setup.complete) == ("800820", False)
    exchange.put(1, Heading.SAM, Subsequent("12F"))
    assert exchange.told() == [Digits("12", complete=True)]


def test_number_closed_by_st_is_complete_however_short() -> None:
    exchange = Exchange(minimum_digits=10)
    exchange.iam(called="110F")
    (setup,) = exchange.told()
    assert isinstance(setup, Setup)
    assert (setup.called, setup.complete) == ("110", True)
    assert exchange.tup.next_deadline is None


def test_number_that_stays_too_short_is_address_incomplete() -> None:
    exchange = Exchange(minimum_digits=10)
    exchange.iam(called="80")
    exchange.now += 10 * SECOND
    exchange.put(1, Heading.SAO, SubsequentOne("0"))
    exchange.silent_for(18 * SECOND)
    assert (exchange.got(), exchange.told()) == ("ADI1", [])
    exchange.put(1, Heading.CLF)
    assert (exchange.got(), exchange.told(), exchange.idle()) == ("RLG1", [], True)


def test_number_that_may_be_longer_is_complete_after_the_last_digit_timer() -> None:
    exchange = Exchange(minimum_digits=4, maximum_digits=8)
    exchange.iam(called="8008")
    assert exchange.told() == []
    assert exchange.tup.next_deadline == exchange.now + 5 * SECOND
    exchange.silent_for(5 * SECOND)
    assert [type(each) for each in exchange.told()] == [Setup]


def test_iai_gives_caller_forwarding_and_category() -> None:
    exchange = Exchange()
    exchange.put(
        1,
        Heading.IAI,
        InitialAddressAdditional(
            CALLED,
            category=21,
            circuit=1,
            echo=1,
            digital=1,
            redirected=1,
            calling=Address("13800138000", nature=3, restricted=1),
            original_called=Address("4008", nature=0),
        ),
    )
    (setup,) = exchange.told()
    assert isinstance(setup, Setup)
    assert (setup.calling, setup.calling_restricted, setup.calling_nature) == (
        "13800138000",
        True,
        Nature.INTERNATIONAL,
    )
    assert (setup.original_called, setup.original_called_nature) == ("4008", Nature.SUBSCRIBER)
    assert (setup.category, setup.medium) == (Category.PRIORITY, Medium.UNRESTRICTED_64K)
    assert (setup.satellites, setup.echo_control, setup.interworking) == (1, True, True)


def test_continuity_check_loops_the_circuit_until_cot() -> None:
    exchange = Exchange()
    exchange.iam(check=1)
    assert exchange.notes() == [What.LOOP_ON]
    assert exchange.told() == []
    exchange.put(1, Heading.COT)
    assert exchange.notes()[-1] is What.LOOP_OFF
    assert [type(each) for each in exchange.told()] == [Setup]
    assert exchange.tup.next_deadline is None


def test_continuity_on_a_previous_circuit_needs_no_loop() -> None:
    exchange = Exchange()
    exchange.iam(check=2)
    assert exchange.notes() == []
    assert exchange.told() == []
    exchange.put(1, Heading.COT)
    assert [type(each) for each in exchange.told()] == [Setup]


def test_failed_continuity_waits_for_recheck_until_clear_forward() -> None:
    exchange = Exchange()
    exchange.iam(check=1)
    exchange.put(1, Heading.CCF)
    assert exchange.notes() == [What.LOOP_ON, What.LOOP_OFF, What.CONTINUITY_FAILED]
    exchange.put(1, Heading.CCR)
    assert exchange.notes()[-1] is What.LOOP_ON
    exchange.put(1, Heading.CCF)
    exchange.put(1, Heading.CCR)
    exchange.put(1, Heading.CLF)
    assert exchange.notes()[-1] is What.LOOP_OFF
    assert (exchange.got(), exchange.told(), exchange.idle()) == ("RLG1", [], True)


def test_missing_continuity_is_call_failure_after_t1() -> None:
    exchange = Exchange()
    exchange.iam(check=1)
    exchange.silent_for(12 * SECOND)
    assert (exchange.got(), exchange.told()) == ("CFL1", [])
    assert exchange.notes()[-1] is What.LOOP_OFF


def test_recheck_of_an_idle_circuit() -> None:
    exchange = Exchange()
    exchange.put(1, Heading.CCR)
    assert exchange.notes() == [What.LOOP_ON]
    exchange.put(1, Heading.CLF)
    assert (exchange.got(), exchange.idle()) == ("RLG1", True)


def test_caller_gone_in_china_is_cleared_back_and_ends_the_call_for_the_engine() -> None:
    exchange = Exchange("china24")
    exchange.answered()
    exchange.put(1, Heading.CCL)
    assert (exchange.got(), exchange.told()) == ("CBK1", [Release(16)])
    exchange.ask(1, Released())
    exchange.put(1, Heading.CLF)
    assert (exchange.got(), exchange.told(), exchange.idle()) == ("RLG1", [], True)


def test_metering_pulses_are_sent_in_china_only() -> None:
    for variant, wanted in (("china24", "MPM1"), ("itu14", "")):
        exchange = Exchange(variant)  # type: ignore[arg-type]
        exchange.answered()
        exchange.ask(1, Charging(pulses=300))
        sent = exchange.sent()
        assert " ".join(f"{each.name}{each.cic}" for each in sent) == wanted
        assert all(each.contents == MeteringPulses(300) for each in sent)


def test_messages_of_the_other_telephone_user_part_are_handed_on() -> None:
    exchange = Exchange()
    exchange.answered()
    charge = Message(5, Heading.CHG, Raw(b"\x07"))
    exchange.ask(1, Charging(transparent=Transparent("tup", (charge,))))
    exchange.ask(1, Transparent("tup", (Message(5, Heading.OPR),)))
    exchange.ask(1, Transparent("isup", ("whatever",)))
    assert exchange.sent() == [Message(1, Heading.CHG, Raw(b"\x07")), Message(1, Heading.OPR)]
    exchange.put(1, Heading.FOT)
    assert exchange.told() == [ForwardTransfer()]
    china = Exchange("china24")
    china.answered()
    china.put(1, Heading.MAL)
    assert china.told() == [Transparent("tup", (Message(1, Heading.MAL),))]


# outgoing calls


def test_outgoing_call_is_set_up_answered_and_cleared() -> None:
    exchange = Exchange()
    exchange.connected()
    assert exchange.tup.next_deadline is None
    exchange.ask(1, Release(16))
    assert exchange.got() == "CLF1"
    assert exchange.state() == "transient"
    exchange.put(1, Heading.RLG)
    assert (exchange.told(), exchange.idle()) == ([Released(16)], True)


def test_iai_carries_the_caller_and_forwarding() -> None:
    exchange = Exchange()
    setup = Setup(
        CALLED, "13800138000", True, "4008", calling_nature=Nature.INTERNATIONAL, category=Category.PRIORITY
    )
    exchange.ask(1, setup)
    (message,) = exchange.sent()
    assert message.contents == InitialAddressAdditional(
        CALLED,
        category=11,
        redirected=1,
        calling=Address("13800138000", 3, 1),
        original_called=Address("4008"),
    )


def test_long_number_goes_on_in_sam_and_st_closes_it() -> None:
    exchange = Exchange(send_st=True)
    exchange.ask(1, Setup("1234567890123456"))
    first, second = exchange.sent()
    assert (first.name, first.get(InitialAddress).digits) == ("IAM", "123456789012345")  # type: ignore[union-attr]
    assert second.contents == Subsequent("6F")
    exchange.ask(2, Setup("12", complete=False))
    assert exchange.sent()[0].contents == InitialAddress("12")


def test_more_digits_go_in_sam_or_sao_and_the_wait_for_acm_begins_again() -> None:
    exchange = Exchange()
    exchange.ask(1, Setup("80", complete=False))
    exchange.now += 20 * SECOND
    exchange.ask(1, Digits("0"))
    exchange.ask(1, Digits("820"))
    exchange.ask(1, Digits(""))
    assert [message.contents for message in exchange.sent()[1:]] == [SubsequentOne("0"), Subsequent("820")]
    exchange.silent_for(25 * SECOND)
    assert exchange.got() == "CLF1"


def test_indicators_of_an_iam_in_transit_are_kept() -> None:
    first, second = Exchange(), Exchange()
    first.put(1, Heading.IAM, InitialAddress(CALLED, category=24, international=1, path=1, echo=1, check=0))
    (setup,) = first.told()
    second.ask(1, setup)
    assert second.sent()[0].contents == InitialAddress(CALLED, category=24, international=1, path=1, echo=1)


@pytest.mark.parametrize(
    ("contents", "primitive"),
    [
        (AddressComplete(1, 1), Alerting),
        (AddressComplete(1, 0), Proceeding),
    ],
)
def test_acm_tells_whether_the_called_party_is_free(
    contents: AddressComplete, primitive: type[Proceeding | Alerting]
) -> None:
    exchange = Exchange()
    exchange.calling()
    exchange.put(1, Heading.ACM, contents)
    (told,) = exchange.told()
    assert isinstance(told, primitive)
    assert told.charge == Charge.CHARGE


def test_missing_acm_clears_after_t2() -> None:
    exchange = Exchange()
    exchange.calling()
    exchange.silent_for(25 * SECOND)
    assert (exchange.got(), exchange.told()) == ("CLF1", [Release(31)])


def test_missing_answer_clears_after_its_timer() -> None:
    exchange = Exchange()
    exchange.calling()
    exchange.put(1, Heading.ACM, AddressComplete(free=1))
    exchange.told()
    exchange.silent_for(3 * MINUTE)
    assert (exchange.got(), exchange.told()) == ("CLF1", [Release(19)])


@pytest.mark.parametrize("signal", sorted(UNSUCCESSFUL))
@pytest.mark.parametrize("after_acm", [False, True])
def test_unsuccessful_signal_is_answered_by_clear_forward(signal: Heading, after_acm: bool) -> None:
    exchange = Exchange("china24")
    exchange.calling()
    if after_acm:
        exchange.put(1, Heading.ACM, AddressComplete())
        exchange.told()
    contents = ExtendedUnsuccessful() if signal is Heading.EUM else EMPTY
    exchange.put(1, signal, contents)
    (told,) = exchange.told()
    assert isinstance(told, Release)
    assert told.cause == CAUSES[signal]
    assert exchange.got() == "CLF1"
    exchange.ask(1, Released())
    exchange.put(1, Heading.RLG)
    assert (exchange.told(), exchange.idle()) == ([], True)


def test_only_call_failure_ends_an_answered_call() -> None:
    exchange = Exchange()
    exchange.connected()
    exchange.put(1, Heading.SSB)
    assert exchange.got() == ""
    exchange.put(1, Heading.CFL)
    assert exchange.got() == "CLF1"


def test_clear_back_is_waited_for_a_minute() -> None:
    exchange = Exchange()
    exchange.connected()
    exchange.put(1, Heading.CBK)
    assert exchange.told() == [Suspend()]
    exchange.now += 30 * SECOND
    exchange.put(1, Heading.RAN)
    assert exchange.told() == [Resume()]
    assert exchange.tup.next_deadline is None
    exchange.put(1, Heading.CBK)
    exchange.told()
    exchange.silent_for(MINUTE)
    assert (exchange.got(), exchange.told()) == ("CLF1", [Release(16)])


def test_missing_release_guard_repeats_clear_forward_for_a_minute() -> None:
    exchange = Exchange()
    exchange.connected()
    exchange.ask(1, Release(16))
    assert exchange.got() == "CLF1"
    for _ in range(5):
        exchange.silent_for(10 * SECOND)
        assert exchange.got() == "CLF1"
    exchange.now += 10 * SECOND
    exchange.tup.expire(exchange.now)
    exchange.got()
    assert exchange.notes().count(What.NOT_ACKNOWLEDGED) == 1
    assert exchange.tup.next_deadline is None
    assert exchange.state() == "transient"
    exchange.put(1, Heading.RLG)
    assert (exchange.told(), exchange.idle()) == ([Released(16)], True)


def test_general_request_is_answered_with_what_we_know() -> None:
    exchange = Exchange()
    exchange.ask(1, Setup(CALLED, "13800138000"))
    exchange.got()
    exchange.put(1, Heading.GRQ, GeneralRequest(category=1, calling=1, original_called=1))
    assert exchange.sent()[0].contents == GeneralForward(category=10, calling=Address("13800138000"))
    exchange.put(1, Heading.GRQ, GeneralRequest())
    assert exchange.sent()[0].contents == GeneralForward()


def test_charging_and_operator_of_the_far_end_reach_the_engine() -> None:
    exchange = Exchange("china24")
    exchange.connected()
    pulses = Message(1, Heading.MPM, MeteringPulses(9))
    exchange.put(1, Heading.MPM, MeteringPulses(9))
    exchange.put(1, Heading.OPR)
    assert exchange.told() == [
        Charging(9, Transparent("tup", (pulses,))),
        Transparent("tup", (Message(1, Heading.OPR),)),
    ]
    exchange.ask(1, ForwardTransfer())
    assert exchange.got() == "FOT1"


def test_double_seizing_of_a_circuit_we_do_not_control_gives_way() -> None:
    exchange = Exchange()
    assert exchange.tup.config.point_code < PEER  # the far end controls the even circuits
    exchange.ask(2, Setup(CALLED))
    exchange.iam(2)
    told = exchange.told()
    assert told[0] == Failed()
    assert isinstance(told[1], Setup)
    exchange.ask(1, Setup(CALLED))
    exchange.got()
    exchange.iam(1)
    assert (exchange.told(), exchange.got()) == ([], "")
    assert exchange.notes() == [What.DUAL_SEIZURE, What.DUAL_SEIZURE]


def test_blocking_of_the_circuit_we_call_on_tries_another() -> None:
    exchange = Exchange()
    exchange.calling()
    exchange.put(1, Heading.BLO)
    assert (exchange.got(), exchange.told()) == ("BLA1 CLF1", [Failed()])
    exchange.put(1, Heading.RLG)
    assert exchange.state() == "idle, remotely blocked"


def test_reset_of_the_circuit_we_call_on_tries_another() -> None:
    exchange = Exchange()
    exchange.calling()
    exchange.put(1, Heading.RSC)
    assert (exchange.got(), exchange.told(), exchange.idle()) == ("RLG1", [Failed()], True)


@pytest.mark.parametrize("setup", [Setup(""), Setup("12*")])
def test_number_that_is_no_digits_never_leaves(setup: Setup) -> None:
    exchange = Exchange()
    exchange.ask(1, setup)
    assert (exchange.told(), exchange.got(), exchange.idle()) == ([Failed(28)], "", True)


def test_circuit_in_use_refuses_a_second_call() -> None:
    exchange = Exchange()
    exchange.calling()
    exchange.ask(1, Setup(CALLED))
    assert exchange.told() == [Failed(44)]


# continuity checks of our own


def checking(every: int = 1) -> Exchange:
    """Our call is under way, its circuit is being checked."""
    exchange = Exchange(continuity={"g": every})
    exchange.ask(1, Setup(CALLED))
    (message,) = exchange.sent()
    iam = message.get(InitialAddress)
    assert iam is not None
    assert iam.check == 1
    assert exchange.notes() == [What.TONE_ON]
    return exchange


def test_check_that_passes_is_told_by_cot_and_the_call_goes_on() -> None:
    exchange = checking()
    exchange.now += SECOND
    exchange.tup.check_tone(Leg("g", 1), exchange.now)
    assert exchange.got() == "COT1"
    assert exchange.notes() == [What.TONE_ON, What.TONE_OFF]
    assert exchange.tup.next_deadline == exchange.now + 25 * SECOND
    exchange.tup.check_tone(Leg("g", 1), exchange.now)
    assert exchange.got() == ""


def test_check_that_fails_tries_another_circuit_and_is_repeated_until_it_passes() -> None:
    exchange = checking()
    exchange.silent_for(2 * SECOND)
    assert (exchange.got(), exchange.told()) == ("CCF1", [Failed(41)])
    assert (exchange.state(), exchange.idle()) == ("transient", False)
    exchange.silent_for(5 * SECOND)
    assert exchange.got() == "CCR1"
    exchange.silent_for(2 * SECOND)
    assert exchange.got() == "CCF1"
    assert exchange.notes()[-1] is What.CONTINUITY_FAILED
    assert exchange.log[-1].alert
    exchange.silent_for(2 * MINUTE)
    assert exchange.got() == "CCR1"
    exchange.tup.check_tone(Leg("g", 1), exchange.now)
    assert exchange.got() == "CLF1"
    exchange.put(1, Heading.RLG)
    assert (exchange.idle(), exchange.told(), exchange.tup.next_deadline) == (True, [], None)
    assert exchange.notes().count(What.TONE_ON) == exchange.notes().count(What.TONE_OFF) == 3


@pytest.mark.parametrize("kind", [Heading.CLF, Heading.RSC, Heading.IAM])
def test_far_end_ends_the_wait_for_a_recheck(kind: Heading) -> None:
    exchange = checking()
    exchange.silent_for(2 * SECOND)
    exchange.got()
    contents = InitialAddress(CALLED) if kind is Heading.IAM else EMPTY
    exchange.put(1, kind, contents)
    assert exchange.got() == ("" if kind is Heading.IAM else "RLG1")
    assert exchange.tup.next_deadline is None
    assert exchange.idle() == (kind is not Heading.IAM)


@pytest.mark.parametrize("end", ["release", "busy", "reset", "order", "acm"])
def test_call_that_ends_during_the_check_removes_the_tone(end: str) -> None:
    exchange = checking()
    match end:
        case "release":
            exchange.ask(1, Release(16))
        case "busy":
            exchange.put(1, Heading.SSB)
        case "reset":
            exchange.put(1, Heading.RSC)
        case "acm":
            exchange.put(1, Heading.ACM, AddressComplete())
        case _:
            exchange.tup.reset(Leg("g", 1), exchange.now)
    assert What.TONE_OFF in exchange.notes()
    exchange.tup.check_tone(Leg("g", 1), exchange.now)
    assert "COT1" not in exchange.got()


def test_every_third_call_is_checked_while_a_transceiver_is_free() -> None:
    exchange = Exchange(continuity={"g": 3})
    checks = []
    for cic in range(1, 10):
        exchange.ask(cic, Setup(CALLED))
        checks += [message.get(InitialAddress) for message in exchange.sent()]
    assert [iam.check for iam in checks if iam is not None] == [0, 0, 1] * 3
    exchange.tup.provide_transceivers(lambda: False)
    for cic in range(17, 20):
        exchange.ask(cic, Setup(CALLED))
        assert exchange.sent()[0].get(InitialAddress) == InitialAddress(CALLED)


def test_check_of_a_previous_circuit_is_announced_and_its_outcome_passed_on() -> None:
    exchange = Exchange(continuity={"g": 1})
    exchange.ask(1, Setup(CALLED, check=Check.AWAITED))
    assert exchange.sent()[0].contents == InitialAddress(CALLED, check=2)
    assert exchange.notes() == []
    exchange.ask(1, Continuity(True))
    exchange.ask(1, Continuity(False))
    assert exchange.got() == "COT1 CCF1"


def test_check_ordered_by_maintenance_needs_an_idle_circuit() -> None:
    exchange = Exchange()
    exchange.tup.check(Leg("g", 1), exchange.now)
    assert exchange.got() == "CCR1"
    with pytest.raises(StateError, match="expected an idle one"):
        exchange.tup.check(Leg("g", 1), exchange.now)
    exchange.tup.check_tone(Leg("g", 1), exchange.now)
    assert exchange.got() == "CLF1"


# circuits


def test_blocking_and_unblocking_by_the_far_end() -> None:
    exchange = Exchange()
    exchange.put(1, Heading.BLO)
    exchange.put(1, Heading.BLO)
    assert (exchange.got(), exchange.idle()) == ("BLA1 BLA1", False)
    exchange.put(1, Heading.UBL)
    exchange.put(1, Heading.UBL)
    assert (exchange.got(), exchange.idle()) == ("UBA1 UBA1", True)
    assert exchange.notes() == [What.BLOCKED_REMOTELY, What.UNBLOCKED_REMOTELY]


def test_call_of_the_far_end_on_a_circuit_it_blocks_ends_the_blocking() -> None:
    exchange = Exchange()
    exchange.put(1, Heading.BLO)
    exchange.offered()
    exchange.put(1, Heading.CLF)
    exchange.ask(1, Released())
    assert exchange.idle()


@pytest.mark.parametrize(("order", "message", "answer"), [("block", "BLO", "BLA"), ("unblock", "UBL", "UBA")])
def test_order_of_maintenance_is_repeated_until_acknowledged(order: str, message: str, answer: str) -> None:
    exchange = Exchange()
    getattr(exchange.tup, order)(Leg("g", 1), exchange.now)
    assert exchange.got() == f"{message}1"
    for _ in range(5):
        exchange.silent_for(10 * SECOND)
        assert exchange.got() == f"{message}1"
    exchange.silent_for(10 * SECOND)
    exchange.got()
    assert exchange.notes().count(What.NOT_ACKNOWLEDGED) == 1
    for _ in range(3):
        exchange.silent_for(MINUTE)
        assert exchange.got() == f"{message}1"
    exchange.put(1, Heading[answer])
    assert exchange.tup.next_deadline is None
    assert exchange.idle() == (order == "unblock")


def test_call_on_a_circuit_we_block_is_answered_by_blocking_again() -> None:
    exchange = Exchange()
    exchange.tup.block(Leg("g", 1), exchange.now)
    exchange.put(1, Heading.BLA)
    exchange.got()
    assert exchange.state() == "idle, locally blocked"
    exchange.iam()
    assert (exchange.got(), exchange.told()) == ("BLO1", [])
    exchange.put(1, Heading.BLA)
    exchange.put(1, Heading.UBA)
    assert exchange.got() == "BLO1"


def test_reset_received_frees_the_circuit_and_keeps_our_blocking() -> None:
    exchange = Exchange()
    exchange.connected()
    exchange.put(1, Heading.BLO)
    exchange.got()
    exchange.put(1, Heading.RSC)
    assert (exchange.got(), exchange.told()) == ("RLG1", [Release(31)])
    exchange.ask(1, Released())
    assert exchange.idle()
    exchange.tup.block(Leg("g", 1), exchange.now)
    exchange.put(1, Heading.BLA)
    exchange.got()
    exchange.put(1, Heading.RSC)
    assert exchange.got() == "BLO1 RLG1"


def test_reset_of_ours_is_repeated_and_ends_with_release_guard() -> None:
    exchange = Exchange()
    exchange.connected()
    exchange.tup.reset(Leg("g", 1), exchange.now)
    assert (exchange.got(), exchange.told(), exchange.state()) == ("RSC1", [Released(31)], "transient")
    exchange.put(1, Heading.ANC)
    exchange.put(1, Heading.CLF)
    assert exchange.got() == "RLG1"
    exchange.silent_for(10 * SECOND)
    assert exchange.got() == "RSC1"
    exchange.put(1, Heading.RLG)
    assert exchange.idle()
    assert exchange.tup.next_deadline is None


def test_unreasonable_messages_are_discarded_and_noted() -> None:
    exchange = Exchange()
    for kind in (Heading.RLG, Heading.ACM, Heading.ANC, Heading.CBK, Heading.COT, Heading.SAO):
        contents = {Heading.ACM: AddressComplete(), Heading.SAO: SubsequentOne("1")}.get(kind, EMPTY)
        exchange.put(1, kind, contents)
    assert (exchange.got(), exchange.told(), exchange.idle()) == ("", [], True)
    assert exchange.notes() == [What.UNEXPECTED] * 6
    exchange.put(1, Heading.CLF)
    assert exchange.got() == "RLG1"


@pytest.mark.parametrize(
    ("order", "answer", "reason"),
    [("MGB", "MBA", ""), ("HGB", "HBA", " for hardware"), ("SGB", "SBA", " for software")],
)
def test_group_blocking_by_the_far_end(order: str, answer: str, reason: str) -> None:
    exchange = Exchange()
    exchange.put(1, Heading[order], RangeAndStatus.of(4, {0, 2}))
    (message,) = exchange.sent()
    assert message == Message(1, Heading[answer], RangeAndStatus.of(4, {0, 2}))
    states = [exchange.state(cic) for cic in (1, 2, 3, 4)]
    assert states == [f"idle, remotely blocked{reason}", "idle"] * 2
    undo = order.replace("GB", "GU")
    exchange.put(1, Heading[undo], RangeAndStatus.of(4, {0, 2}))
    assert exchange.sent()[0].name == answer.replace("BA", "UA")
    assert all(exchange.idle(cic) for cic in (1, 2, 3, 4))


def test_hardware_blocking_ends_calls_and_maintenance_blocking_does_not() -> None:
    exchange = Exchange()
    exchange.connected()
    exchange.put(1, Heading.MGB, RangeAndStatus.of(2, {0, 1}))
    exchange.put(1, Heading.SGB, RangeAndStatus.of(2, {0, 1}))
    assert exchange.told() == []
    exchange.put(1, Heading.HGB, RangeAndStatus.of(2, {0, 1}))
    assert exchange.told() == [Release(31)]


def test_group_blocking_of_the_circuit_we_call_on_tries_another() -> None:
    exchange = Exchange()
    exchange.calling()
    exchange.put(1, Heading.MGB, RangeAndStatus.of(2, {0, 1}))
    assert exchange.told() == [Failed()]
    assert exchange.got() == "MBA1 CLF1"


def test_range_zero_means_the_whole_trunk_group() -> None:
    exchange = Exchange()
    exchange.put(5, Heading.MGB, RangeAndStatus(0))
    assert exchange.sent() == [Message(5, Heading.MBA, RangeAndStatus(0))]
    assert {exchange.state(cic) for cic in CICS} == {"idle, remotely blocked"}
    exchange.put(5, Heading.GRS, RangeAndStatus(0))
    assert exchange.sent() == [Message(5, Heading.GRA, RangeAndStatus(0))]
    assert all(exchange.idle(cic) for cic in CICS)


def test_group_reset_tells_which_circuits_we_block() -> None:
    exchange = Exchange()
    exchange.tup.block(Leg("g", 2), exchange.now)
    exchange.tup.block_group(Leg("g", 3), 2, exchange.now, hardware=True)
    exchange.put(2, Heading.BLA)
    exchange.put(3, Heading.HBA, RangeAndStatus.of(2, {0, 1}))
    exchange.got()
    exchange.put(1, Heading.GRS, RangeAndStatus(3))
    gra, hgb = exchange.sent()
    assert gra == Message(1, Heading.GRA, RangeAndStatus.of(4, {1}))
    assert hgb == Message(1, Heading.HGB, RangeAndStatus.of(4, {2, 3}))


def test_group_orders_of_ours_are_repeated_until_acknowledged() -> None:
    exchange = Exchange()
    exchange.tup.block_group(Leg("g", 1), 4, exchange.now)
    assert exchange.sent() == [Message(1, Heading.MGB, RangeAndStatus.of(4, {0, 1, 2, 3}))]
    exchange.silent_for(10 * SECOND)
    assert exchange.got() == "MGB1"
    exchange.put(1, Heading.MBA, RangeAndStatus.of(4, {0, 1, 2, 3}))
    assert exchange.tup.next_deadline is None
    assert exchange.state(4) == "idle, locally blocked"
    exchange.tup.unblock_group(Leg("g", 1), 4, exchange.now)
    exchange.put(1, Heading.MUA, RangeAndStatus.of(4, {0, 1, 2, 3}))
    assert exchange.got() == "MGU1"
    assert all(exchange.idle(cic) for cic in (1, 2, 3, 4))
    exchange.tup.reset_group(Leg("g", 1), 4, exchange.now)
    assert exchange.sent() == [Message(1, Heading.GRS, RangeAndStatus(3))]
    assert exchange.state(4) == "transient"
    exchange.put(1, Heading.GRA, RangeAndStatus.of(4, {1}))
    assert [exchange.idle(cic) for cic in (1, 2, 3, 4)] == [True, False, True, True]
    assert exchange.tup.next_deadline is None


def test_group_acknowledgement_for_fewer_circuits_alerts_and_for_nothing_is_noted() -> None:
    exchange = Exchange()
    exchange.tup.block_group(Leg("g", 1), 4, exchange.now)
    exchange.put(1, Heading.MBA, RangeAndStatus.of(4, {0}))
    assert exchange.notes()[-1] is What.NOT_ACKNOWLEDGED
    exchange.put(1, Heading.GRA, RangeAndStatus.of(4, set()))
    assert exchange.notes()[-1] is What.UNEXPECTED


def test_group_of_a_whole_span_goes_around_the_missing_circuit() -> None:
    exchange = Exchange()
    exchange.tup.block_group(Leg("g", 1), 31, exchange.now)
    (message,) = exchange.sent()
    group = message.get(RangeAndStatus)
    assert group is not None
    assert group.circuits == 31
    assert [1 + offset for offset in group.marked()] == list(CICS)
    exchange.tup.reset_group(Leg("g", 31), 1, exchange.now)
    assert exchange.got() == "RSC31"


@pytest.mark.parametrize("contents", [RangeAndStatus(8, b"\xff"), RangeAndStatus(20, b"\xff\xff")])
def test_status_that_does_not_fit_the_range_is_malformed(contents: RangeAndStatus) -> None:
    exchange = Exchange()
    exchange.put(1, Heading.MGB, contents)
    assert exchange.notes() == [What.MALFORMED]
    assert (exchange.got(), exchange.idle()) == ("", True)


def test_what_cannot_be_understood_is_noted_and_changes_nothing() -> None:
    exchange = Exchange()
    exchange.connected()
    exchange.put(1, Heading.MPM, MeteringPulses(1))  # of China
    exchange.tup.receive(PEER, b"\x00\xee", exchange.now, 1)
    exchange.tup.receive(PEER, b"\x00\x11", exchange.now, 1)
    exchange.tup.receive(PEER, b"\x01\x17", exchange.now, 0)
    exchange.tup.receive(999, b"\x00\x17", exchange.now, 1)
    exchange.put(1, Heading.ACC, Congestion(2))
    assert exchange.notes() == [
        What.UNRECOGNISED,
        What.UNRECOGNISED,
        What.MALFORMED,
        What.UNEQUIPPED_HERE,
        What.FOREIGN,
        What.CONGESTED,
    ]
    assert exchange.tup.unknown == 2
    assert (exchange.got(), exchange.told(), exchange.state()) == ("", [], "outgoing busy")


def test_circuits_of_a_point_that_cannot_be_reached_are_not_seized() -> None:
    exchange = Exchange()
    exchange.tup.pause(PEER, exchange.now)
    exchange.tup.pause(999, exchange.now)
    assert not exchange.idle()
    exchange.tup.resume(PEER, exchange.now)
    exchange.tup.resume(PEER, exchange.now)
    assert exchange.idle()
    assert exchange.notes() == [What.PAUSED, What.RESUMED_DESTINATION]


def test_congested_network_refuses_one_call_in_four_more_with_each_step() -> None:
    exchange = Exchange()
    for step in range(1, 6):
        exchange.tup.congested(PEER, exchange.now)
        exchange.tup.congested(PEER, exchange.now)
        assert exchange.tup.destinations[PEER].reduction.step == min(step, 4)
        admitted = [exchange.tup.destinations[PEER].admits() for _ in range(4)]
        assert admitted.count(True) == 4 - min(step, 4)
        exchange.silent_for(exchange.tup.timers["congestion"])
    exchange.ask(1, Setup(CALLED))
    assert exchange.told() == [Failed(Cause.SWITCHING_EQUIPMENT_CONGESTION)]
    exchange.silent_for(4 * exchange.tup.timers["more traffic"])
    assert exchange.tup.next_deadline is None
    exchange.calling()


def test_unavailable_user_part_is_tried_after_a_while_or_when_it_is_heard() -> None:
    exchange = Exchange()
    for _ in range(2):
        exchange.tup.unavailable(PEER, 0, exchange.now)
        exchange.tup.unavailable(999, 0, exchange.now)
        assert not exchange.idle()
        exchange.silent_for(exchange.tup.timers["unavailable"])
        assert exchange.idle()
    exchange.tup.unavailable(PEER, 1, exchange.now)
    exchange.put(1, Heading.RSC)
    assert exchange.idle()
    assert exchange.tup.next_deadline is None
    assert exchange.notes() == [What.PAUSED, What.RESUMED_DESTINATION] * 3 + [What.RESET_RECEIVED]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (TupConfig(OWN, {PEER: (4096,)}), "0 to 4095"),
        (TupConfig(OWN, {OWN: (1,)}), "our own point code"),
        (TupConfig(OWN, {PEER: (1, 1)}), "found twice"),
        (TupConfig(OWN, {PEER: (1,)}, timers={"T6": 16 * SECOND}), "4 to 15 s"),
        (TupConfig(OWN, {PEER: (1,)}, timers={"T99": SECOND}), "not known"),
    ],
)
def test_configuration_that_cannot_be_is_refused(config: TupConfig, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Tup(config)


def test_circuit_that_does_not_exist_is_refused_to_the_engine() -> None:
    with pytest.raises(StateError, match="g/16 is not equipped"):
        Exchange().ask(16, Setup(CALLED))

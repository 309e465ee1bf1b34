"""Mutated signal units against the running centre, and a test for each fault that the long runs found."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from callcenter.calls.primitives import Release, Setup
from callcenter.config import reference_config
from callcenter.exercise.captures import messages
from callcenter.exercise.far import Country
from callcenter.exercise.fuzz import Fuzz, Mutator, holdings
from callcenter.exercise.seeds import composed
from callcenter.ss7.isup import Isup, IsupConfig
from callcenter.ss7.mtp3 import Mtp3, Mtp3Config
from callcenter.ss7.mtp3.codec import Label, Message
from testrig.clock import MINUTE, SECOND

UNITS = 28_000
CONFIGURATIONS = [
    ("transit.toml", "public"),
    ("transit.toml", "china"),
    ("tup.toml", "china"),
    ("sixteen.toml", "public"),
    ("transfer.toml", "public"),
    ("dual.toml", "public"),
    ("network.toml", "public"),
]


@pytest.mark.parametrize(("file", "network"), CONFIGURATIONS)
def test_centre_is_as_before_after_mutated_signal_units(file: str, network: str) -> None:
    run = Fuzz(reference_config({"file": file, "network": network}), 1)
    share = UNITS // len(CONFIGURATIONS)
    run.units(share // 2)
    assert run.recover() == []
    before = holdings(run.country.engine)
    run.units(share - share // 2)
    assert run.recover() == []
    assert run.normal_call() == []
    assert sum(holdings(run.country.engine).values()) <= sum(before.values()) + 20
    figures = run.figures
    assert figures.units == share
    assert figures.to_level2 > 0.95 * share, "mutants must reach level 3 and the user parts"
    assert figures.link_failures > 0, "mutants on the line must have taken a link out of service"
    if file != "transfer.toml":
        assert figures.calls > 10


def test_messages_of_a_capture_are_seeds_too() -> None:
    path = (
        Path(__file__).parents[2].parent
        / "shared"
        / "data"
        / "the-tcpdump-group+tcpdump"
        / "tests"
        / "isup.pcap"
    )
    if not path.exists():
        pytest.skip("../shared/data is absent")
    found = messages(path, "isup", ("-o", "m3ua.version:Internet Draft version 6"))
    if not found:
        pytest.skip("not run: tshark missing")
    run = Fuzz(reference_config({"file": "dual.toml"}), 1, captured=found)
    assert len(found) == 6
    for name, mutator in run.mutators.items():
        label = mutator.label
        assert set(found) <= {octets[label:] for octets in mutator.seeds}, name
    run.units(500)
    assert run.recover() == []


def test_mutants_are_the_same_for_the_same_seed_and_of_every_kind() -> None:
    country = Country(reference_config({"file": "transit.toml"}))
    seeds = composed(country, Random(5))
    one, other = Mutator(seeds, Random(5)), Mutator(seeds, Random(5))
    mutants = [one() for _ in range(2_000)]
    assert mutants == [other() for _ in range(2_000)]
    assert len(set(mutants)) > 1_500
    assert set(one.counts) == {way.__name__ for way in one.ways}
    assert min(one.counts.values()) > 100


def test_health_check_sees_a_circuit_that_hangs_and_a_link_that_is_down() -> None:
    run = Fuzz(reference_config({"file": "transit.toml"}), 2)
    assert run.wrong() == []
    (exchange,) = run.country.far.values()
    exchange.call(exchange.legs[0], "8008200001")
    run.country.settle()
    assert any("incoming busy" in each for each in run.wrong())
    run.country.cables[0].break_off()
    run.country.run(SECOND)
    assert any(each.startswith("links") for each in run.wrong())


# found by long runs


def test_continuity_awaited_in_vain_after_the_engine_has_the_call_ends_it() -> None:
    """With transit the engine is offered the call before COT; when T8 ran out it was never told."""
    isup = Isup(IsupConfig(100, {200: (1,)}, minimum_digits=3, transit=True))
    # IAM, continuity check on a previous circuit, called 80082000
    iam = bytes.fromhex("0100010820000a000208060310088002000a08831331080000000200")
    isup.receive(200, iam, 0)
    (offered,) = isup.indications()
    assert isinstance(offered.primitive, Setup)
    isup.expire(isup.timers["T8"])
    assert [each.primitive for each in isup.indications()] == [Release(41)]


def test_malformed_message_passed_on_under_our_point_code_is_dropped_at_changeover() -> None:
    """A transfer point took what it retrieved from a failed link for its own, and raised."""
    mtp3 = Mtp3(Mtp3Config("itu14", 100, 2, transfer=True), {})
    for data in (b"\x29", b"\x14\x01", b""):
        octets = Message(0, 2, Label(200, 100, 0), data).encode("itu14")
        mtp3.put_back(object(), [octets])
    mtp3.put_back(object(), [b"\x80\x01"])
    assert mtp3.discarded.malformed == 4


def test_line_time_is_the_same_for_all_ends() -> None:
    country = Country(reference_config({"file": "sixteen.toml"}))
    assert country.until(country.in_service, MINUTE, step=SECOND)
    assert {node.now for node, _ in country.nodes} == {country.now}

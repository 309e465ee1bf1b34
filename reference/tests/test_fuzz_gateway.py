"""Mutated M3UA messages against a gateway and its servers, and a test for each fault that long runs found."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from callcenter.exercise.captures import messages
from callcenter.exercise.fuzz import holdings
from callcenter.exercise.gateways import GatewayFuzz, MessageMutator, composed
from callcenter.gateway import gateway_config
from callcenter.ss7.m3ua.codec import HEADER, Framer, Tag, Type, parameters

UNITS = 6_000
CAPTURE = (
    Path(__file__).parents[2].parent
    / "shared"
    / "data"
    / "arkime+arkime"
    / "tests"
    / "pcap"
    / "m3ua_synthetic.pcap"
)


def after(run: GatewayFuzz, units: int) -> int:
    """Send mutants, see that everything comes back; return how many objects are held then."""
    run.units(units)
    assert run.recover() == []
    assert run.traffic() == []
    region = run.region
    return sum(holdings((region.gateways[0], [server.asp for server in region.servers])).values())


@pytest.mark.parametrize("network", ["public", "china"])
def test_gateway_and_servers_are_as_before_after_mutated_messages(network: str) -> None:
    run = GatewayFuzz(gateway_config({"network": network}), 1)
    before = after(run, UNITS // 3)
    assert after(run, UNITS - UNITS // 3) <= before
    sgp = run.region.gateways[0].sgp
    assert run.figures.units == UNITS
    assert run.figures.associations > 20, "mutants must have broken streams"
    assert sgp.refused > 10, "mutants must have been screened as DATA of an active server"
    assert sgp.next_context() > 1_010, "mutants must have registered keys"
    assert all(server.asp.errors_received for server in run.region.servers)


def test_messages_of_a_capture_are_seeds_too() -> None:
    if not CAPTURE.exists():
        pytest.skip("../shared/data is absent")
    found = messages(CAPTURE, "m3ua")
    if not found:
        pytest.skip("not run: tshark missing")
    run = GatewayFuzz(gateway_config(), 3, seeds=found)
    assert len(set(found) & set(run.mutator.seeds)) > 5
    after(run, 1_000)


def test_mutants_are_the_same_for_the_same_seed_and_most_can_be_cut_from_a_stream() -> None:
    seeds = list(composed((1, 2), (4899, 4900), Random(5)))
    one, other = MessageMutator(seeds, Random(5)), MessageMutator(seeds, Random(5))
    mutants = [one() for _ in range(2_000)]
    assert mutants == [other() for _ in range(2_000)]
    assert len(set(mutants)) > 1_500
    cut = [octets for octets in mutants if list(Framer().put(octets)) == [octets]]
    assert 0.9 * len(mutants) < len(cut) < len(mutants)
    assert min(one.counts.values()) > 50


def test_every_type_and_parameter_is_among_the_seeds() -> None:
    found = list(composed((1, 2), (4899, 4900), Random(5)))
    assert {int.from_bytes(octets[2:4], "big") for octets in found} == set(Type)
    given = {tag for octets in found for tag, _ in parameters(octets[HEADER:])}
    assert {Tag.ROUTING_KEY, Tag.PROTOCOL_DATA, Tag.AFFECTED_POINT_CODE, Tag.STATUS} <= given


def test_health_check_sees_an_association_too_many_a_server_that_is_away_and_a_link_that_is_down() -> None:
    run = GatewayFuzz(gateway_config(), 2)
    assert run.wrong() == []
    assert run.traffic() == []
    run.region.gateways[0].sgp.connected(99)
    assert any("associations" in each for each in run.wrong())
    for server in run.region.servers[:2]:
        server.asp.deactivate(run.region.now)
    run.region.settle()
    assert any("AS 101" in each for each in run.wrong())
    assert len(run.traffic()) == 1
    run.region.cables[0].break_off()
    run.region.run(8_000)
    assert any("not available" in each for each in run.wrong())

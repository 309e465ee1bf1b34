"""Configuration: the default is right, and what is wrong is refused with file, key and near misses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from callcenter.config import circuits, load, point_code, reference_config
from callcenter.errors import ConfigurationError
from testrig.system import Variant


def test_reference_has_thirty_circuits_with_cic_equal_to_slot() -> None:
    config = reference_config()
    found = list(circuits(config.trunk_groups[0]))
    assert [each.cic for each in found] == [*range(1, 16), *range(17, 32)]
    assert all(each.cic == each.slot for each in found)


@pytest.mark.parametrize(
    ("network", "own", "peer"),
    [
        ("public", 2 << 11 | 100 << 3 | 3, 2 << 11 | 100 << 3 | 4),
        ("china", 68 << 16 | 85 << 8 | 102, 68 << 16 | 85 << 8 | 103),
    ],
)
def test_network_alone_changes_the_point_codes(network: str, own: int, peer: int) -> None:
    config = reference_config({"network": network})
    assert (config.own(), config.point("public")) == (own, peer)
    assert config.in_use == (network,)


@pytest.mark.parametrize(
    ("text", "variant", "value"),
    [
        ("0-0-0", "itu14", 0),
        ("7-255-7", "itu14", 16383),
        ("255-255-255", "china24", (1 << 24) - 1),
        (9, "itu14", 9),
    ],
)
def test_point_code_is_read_in_the_form_of_its_network(text: str | int, variant: Variant, value: int) -> None:
    assert point_code(text, variant) == value


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("8-0-0", "itu14"),
        ("1-2", "itu14"),
        ("a-b-c", "itu14"),
        (16384, "itu14"),
        (-1, "itu14"),
        ("1-256-1", "china24"),
    ],
)
def test_point_code_that_does_not_fit_is_refused(text: str | int, variant: Variant) -> None:
    with pytest.raises(ConfigurationError, match="point code: found"):
        point_code(text, variant)


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"netwrok": "china"}, "reference.toml: netwrok: unknown key.*did you mean network"),
        ({"networks": {"public": {"variant": "itu15"}}}, "variant: found 'itu15'.*did you mean itu14"),
        ({"networks": {"public": {"indicator": 4}}}, "public.indicator: found 4, expected 0 to 3"),
        ({"networks": {"public": {"indicator": "2"}}}, "indicator: found '2', expected an integer"),
        ({"networks": {"public": {"indicator": True}}}, "indicator: found True, expected an integer"),
        (
            {"networks": {"public": {"own": "2-100-4"}}},
            "points.public: found '2-100-4'.*other than that of own",
        ),
        ({"network": "chin"}, "network: found 'chin'.*did you mean china"),
        ({"file": "reference.tml"}, "file: found 'reference.tml'.*did you mean reference.toml"),
        ({"routes": [{"to": "public", "via": ["far"]}]}, "via: found 'far', expected one of public"),
        (
            {"links": [{"peer": "public", "slc": 0, "span": 0}]},
            r"links\[0\].slot: missing, expected an integer",
        ),
        (
            {"links": [{"peer": "public", "slc": 0, "span": 0, "slot": 5}]},
            "CIC 5.slot: found 5, expected a free",
        ),
        ({"links": [{"peer": "publik", "slc": 0, "span": 0, "slot": 16}]}, "did you mean public"),
        ({"links": [{"peer": "public", "slc": 16, "span": 0, "slot": 16}]}, "slc: found 16"),
        ({"links": [{"peer": "public", "slc": 0, "span": 1, "slot": 16}]}, "span: found 1, expected 0 to 0"),
        (
            {"links": [{"peer": "public", "slc": 0, "span": 0, "slot": 16, "correction": "cyclic"}]},
            "correction: found 'cyclic'",
        ),
        (
            {
                "links": [
                    {"peer": "public", "slc": 0, "span": 0, "slot": 16},
                    {"peer": "public", "slc": 1, "span": 0, "slot": 16, "name": "public/0"},
                ]
            },
            r"links\[1\].name: found 'public/0', expected a name of its own",
        ),
        ({"links": {}}, "links: found {}, expected an array"),
        ({"board": {"spans": "one"}}, "board.spans: found 'one', expected an integer"),
        ({"board": 3}, "board: found 3, expected a table"),
        ({"outgoing": {"trunk_group": "publc"}}, "outgoing.trunk_group: found 'publc'.*did you mean public"),
        ({"outgoing": {"prefix": "x"}}, "outgoing.prefix: found 'x', expected digits"),
        ({"outgoing": {"attempts": 0}}, "outgoing.attempts: found 0"),
        ({"numbers": {"8008200001": {"queue": "sales"}}}, "exactly one of flow, queue, agent"),
        ({"numbers": {"800": {"queue": "sals"}}}, "numbers.800.queue: found 'sals'.*did you mean sales"),
        ({"numbers": {"+1": {"queue": "sales"}}}, "numbers: found '\\+1', expected digits"),
        ({"queues": {"sales": {"agents": ["1005"]}}}, "queues.sales.agents\\[0\\]: found '1005'"),
        ({"queues": {"sales": {"wrap_up": -1}}}, "queues.sales.wrap_up: found -1.0"),
        ({"queues": {"sales": {"ring_timeout": 0}}}, "queues.sales.ring_timeout: found 0.0"),
        ({"agents": [{"agent": "1", "password": "1", "station": 9}]}, "station: found 9, expected a station"),
        ({"timers": {"T1": 3.0}}, "timers: found 'T1'"),
        ({"timers": {"ISUP T1": 0}}, "timers.ISUP T1: found 0.0, expected more than 0 s"),
        ({"source": "x"}, "source: unknown key"),
    ],
)
def test_wrong_value_is_refused_with_key_and_expectation(over: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        reference_config(over)


@pytest.mark.parametrize("cics", ["", "a", "5-3", "1-5000"])
def test_wrong_range_of_circuits_is_refused(cics: str) -> None:
    group = {"name": "public", "peer": "public", "circuits": [{"cics": cics, "span": 0, "slot": 1}]}
    with pytest.raises(ConfigurationError, match=r"trunk_groups\[public\].circuits\[0\].cics"):
        reference_config({"trunk_groups": [group]})


def test_file_is_named_in_the_refusal(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\ncolour = "red"\n')
    with pytest.raises(ConfigurationError, match=r"mine\.toml: colour: unknown key"):
        load(path)


def test_timers_are_given_by_part_in_frames() -> None:
    config = reference_config({"timers": {"ISUP T1": 15, "MTP2 T7": 1.5}})
    assert config.timers_of("ISUP")["T1"] == 120_000
    assert config.timers_of("MTP2") == {"T7": 12_000}

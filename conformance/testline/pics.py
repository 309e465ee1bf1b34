"""PICS: what the vendor declares the product to be (protocol implementation conformance statement).

Unset is not false: an item nobody answered lets its cases run. A declared *no* makes them not applicable,
with the declaration as the reason. A declared *yes* binds: a case that finds the thing missing fails.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from testline.errors import TestlineError


class PicsError(TestlineError):
    """A PICS file is wrong: says file, key, what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question of the PICS."""

    meaning: str
    reference: str
    requires: tuple[str, ...] = ()
    """Items it cannot be without: a *no* to one of them is a *no* to this."""


ITEMS: Final[dict[str, Item]] = {
    "e1": Item("2,048 kbit/s trunk with frame alignment", "G.703, G.704 2.3"),
    "e1.crc4": Item("CRC-4 multiframe, error reports by E bits", "G.704 2.3.3, G.706 4.2", ("e1",)),
    "e1.bit2": Item(
        "bit 2 of the frame without alignment signal takes part in loss of alignment",
        "G.706 4.1.1",
        ("e1",),
    ),
    "e1.loopback": Item("loopbacks of the line on order of the maintenance terminal", "G.704", ("e1",)),
    "mtp2": Item("signalling link with basic error correction", "Q.703", ("e1",)),
    "mtp2.emergency": Item("emergency alignment on order", "Q.703 7.2", ("mtp2",)),
    "mtp2.congestion": Item("level 2 flow control towards the far end (SIB)", "Q.703 9", ("mtp2",)),
    "mtp2.processor_outage": Item("processor outage (SIPO)", "Q.703 8", ("mtp2",)),
    "mtp2.pcr": Item("error correction by preventive cyclic retransmission", "Q.703 6", ("mtp2",)),
    "mtp2.level3_orders": Item(
        "orders of level 3 to level 2 by the maintenance client: processor outage, emergency, congestion",
        "Q.703 7.2, 8, 9",
        ("mtp2", "maintenance"),
    ),
    "mtp3": Item("message handling and signalling link test", "Q.704 2, Q.707 2", ("mtp2",)),
    "mtp3.management": Item("link management on order of the maintenance terminal", "Q.704 12", ("mtp3",)),
    "mtp3.periodic_test": Item("signalling link test repeated on a link in service", "Q.707 2.2", ("mtp3",)),
    "mtp3.link_sets": Item(
        "link sets of several links: load sharing, changeover, changeback", "Q.704 4 to 6", ("mtp3",)
    ),
    "mtp3.emergency_changeover": Item(
        "emergency changeover (ECO) of its own: what it accepted last over a failed link can be unknown",
        "Q.704 5.6.1",
        ("mtp3.link_sets",),
    ),
    "mtp3.routes": Item(
        "alternative routes: forced and controlled rerouting, route set test",
        "Q.704 7, 8, 13",
        ("mtp3.link_sets",),
    ),
    "mtp3.restriction": Item(
        "restricted routes (TFR, RSR), a national option", "Q.704 13.4", ("mtp3.routes",)
    ),
    "mtp3.congestion": Item(
        "a link is congested before 400 messages wait for it", "Q.704 3.8, 11.2", ("mtp3",)
    ),
    "mtp3.transfer_controlled": Item(
        "a transfer point tells where messages come from of a congested link (TFC)",
        "Q.704 11.2.3",
        ("mtp3.transfer", "mtp3.congestion"),
    ),
    "mtp3.priorities": Item(
        "levels of congestion with priorities of messages (RCT), a national option",
        "Q.704 11.2.4, 13.9",
        ("mtp3.routes",),
    ),
    "mtp3.inhibiting": Item("management inhibiting of links", "Q.704 10", ("mtp3.link_sets",)),
    "mtp3.restart": Item("restart of the signalling point (TRA)", "Q.704 9", ("mtp3",)),
    "mtp3.transfer": Item("signalling transfer point", "Q.704 2, 13", ("mtp3.routes",)),
    "m3ua": Item("signalling gateway with MTP3 user adaptation", "RFC 4666", ("mtp3",)),
    "m3ua.loadshare": Item("traffic mode loadshare", "RFC 4666 4.3.4.3", ("m3ua",)),
    "m3ua.insufficient": Item(
        "inactive ASPs hear that active ones are missing", "RFC 4666 3.8.2", ("m3ua.loadshare",)
    ),
    "m3ua.broadcast": Item("traffic mode broadcast", "RFC 4666 4.3.4.3", ("m3ua",)),
    "m3ua.registration": Item("registration of routing keys", "RFC 4666 4.4", ("m3ua",)),
    "m3ua.screening": Item(
        "messages of an application server are screened by OPC, DPC, SI and NI, refusals raise an alarm",
        "requirement P-08",
        ("m3ua",),
    ),
    "servers": Item(
        "servers that stand by for each other behind a signalling gateway, without loss of calls in speech",
        "requirement N-05, P-09",
        ("mtp3", "maintenance"),
    ),
    "asp": Item("application server process that dials signalling gateways", "RFC 4666"),
    "asp.calls": Item(
        "ISUP calls from the network, to a menu, a queue and agents, over gateways", "RFC 4666 1.4", ("asp",)
    ),
    "asp.outgoing": Item("calls of agents to the network over gateways", "RFC 4666 1.4", ("asp.calls",)),
    "asp.repeats": Item(
        "requests that are not acknowledged, or are refused, are repeated", "RFC 4666 4.3.4.1", ("asp",)
    ),
    "asp.identifier": Item("an ASP identifier", "RFC 4666 3.5.1", ("asp",)),
    "asp.audit": Item("asks which points can be reached when it becomes active", "RFC 4666 4.5.3", ("asp",)),
    "asp.audit_again": Item("asks again for points that cannot be reached", "RFC 4666 4.5.3", ("asp.audit",)),
    "asp.heartbeat": Item("heartbeats of its own", "RFC 4666 4.3.4.6", ("asp",)),
    "asp.gateways": Item("an ASP at each of several gateways", "RFC 4666 4.5.2.2", ("asp.calls",)),
    "asp.takes_again": Item(
        "takes the traffic again when the ASP that overrode it is gone", "RFC 4666 4.3.4.5", ("asp.calls",)
    ),
    "isup": Item("ISDN user part, basic call", "Q.763, Q.764", ("mtp3",)),
    "isup.incoming": Item("calls from the network to the system", "Q.764 2.1", ("isup",)),
    "isup.outgoing": Item("calls from the system to the network", "Q.764 2.1", ("isup",)),
    "isup.overlap": Item("overlap sending (SAM)", "Q.764 2.1.2", ("isup",)),
    "isup.continuity": Item("continuity check", "Q.764 2.1.8, Q.724 7", ("isup",)),
    "isup.group_supervision": Item("circuit group blocking and reset", "Q.764 2.8.2, 2.9.3", ("isup",)),
    "isup.compatibility": Item(
        "unrecognised messages and parameters by their instruction indicators", "Q.764 2.9.5", ("isup",)
    ),
    "isup.maintenance": Item(
        "blocking and reset of circuits on order of the maintenance terminal",
        "Q.764 2.8.2, 2.9.3",
        ("isup", "maintenance"),
    ),
    "isup.suspend": Item("suspend and resume", "Q.764 2.4", ("isup",)),
    "isup.suspension_guarded": Item(
        "suspensions passed on by an incoming international exchange end (T38)",
        "Q.764 2.4.3",
        ("isup.suspend",),
    ),
    "isup.isdn_access": Item("called stations have ISDN access", "Q.763 3.5", ("isup.incoming",)),
    "isup.other_access": Item("called stations without ISDN access", "Q.763 3.5", ("isup.incoming",)),
    "isup.progress": Item("call progress (CPG) sent before the answer", "Q.764 2.1.6", ("isup.incoming",)),
    "isup.connect": Item("calls answered by CON instead of ACM and ANM", "Q.764 2.1.7", ("isup.incoming",)),
    "isup.transit": Item(
        "calls passed on from ISUP to ISUP (intermediate exchange)",
        "Q.764 2.1",
        ("isup.incoming", "isup.outgoing"),
    ),
    "isup.pass_on": Item(
        "what an ISUP call in transit says beyond set-up and release is passed on",
        "Q.764 2.1.1.2, 2.9.5.3",
        ("isup.transit",),
    ),
    "isup.continuity_sending": Item(
        "continuity check asked for by the system", "Q.764 2.1.8", ("isup.outgoing",)
    ),
    "isup.hardware_blocking": Item(
        "circuit group blocking for hardware failure sent by the system", "Q.764 2.8.2.2", ("isup",)
    ),
    "isup.propagation_delay": Item("propagation delay determination", "Q.764 2.6", ("isup",)),
    "isup.q767_routes": Item(
        "routes to exchanges of Q.767, without propagation delay", "Q.764 2.6", ("isup.propagation_delay",)
    ),
    "isup.segments_sent": Item("messages longer than one unit sent in segments", "Q.764 2.1.12", ("isup",)),
    "isup.forward_transfer": Item("forward transfer sent by operators", "Q.764 2.1.11", ("isup.outgoing",)),
    "isup.fallback": Item("fallback from 64 kbit/s preferred", "Q.764 2.5", ("isup",)),
    "isup.unrestricted": Item("64 kbit/s unrestricted calls", "Q.763 3.54", ("isup",)),
    "isup.bearer_refusal": Item("bearers that are not there are refused", "Q.764 2.2", ("isup.incoming",)),
    "isup.no_passing": Item(
        "instructions for what cannot be passed on are obeyed", "Q.764 2.9.5.3", ("transit",)
    ),
    "isup.transit_interpretation": Item(
        "unrecognised information with transit interpretation is passed on",
        "Q.764 2.9.5.3",
        ("isup.pass_on",),
    ),
    "isup.suspend_forward": Item(
        "suspend and resume of the calling party passed on", "Q.764 2.4", ("isup.pass_on", "isup.suspend")
    ),
    "isup.multirate": Item("multirate connection types", "Q.764 2.1.1", ("isup",)),
    "isup.information": Item("information request answered (national use)", "Q.764 2.1.9", ("isup",)),
    "isup.group_query": Item("circuit group query answered (national use)", "Q.764 2.8.3", ("isup",)),
    "isup.congestion_level": Item("automatic congestion level sent", "Q.764 2.11", ("isup",)),
    "isup.congestion_control": Item(
        "less traffic for an automatic congestion level received", "Q.764 2.11", ("isup.outgoing",)
    ),
    "isup.signalling_congestion": Item(
        "less traffic while MTP tells that the signalling network is congested",
        "Q.764 2.10",
        ("isup.outgoing",),
    ),
    "isup.user_part_test": Item("user part test sent", "Q.764 2.13", ("isup",)),
    "isup.information_given": Item(
        "information requests answered (national use)", "Q.764 2.1.9", ("isup.outgoing",)
    ),
    "isup.information_asked": Item(
        "calling numbers that are missing asked for (national use)", "Q.764 2.1.9", ("isup.incoming",)
    ),
    "isup.echo_control": Item("echo control devices", "Q.764 2.7", ("isup",)),
    "isup.release_failure": Item(
        "a circuit that cannot be made idle is blocked", "Q.764 2.9.6", ("isup", "isup.maintenance")
    ),
    "isup.connected_line": Item("connected number given on request", "Q.731.5", ("isup.incoming",)),
    "isup.user_to_user": Item("user-to-user information (service 1) shown", "Q.737.1", ("isup.incoming",)),
    "isup.closed_user_group": Item(
        "calls that may not leave their closed user group are refused", "Q.735.1", ("isup.incoming",)
    ),
    "isup.facility_refusal": Item(
        "user-to-user services asked for explicitly are refused", "Q.737.1", ("isup.incoming",)
    ),
    "isup.identification": Item("the calling party is identified (IDR)", "Q.731.7", ("isup.outgoing",)),
    "tup": Item("telephone user part, basic call", "Q.723, Q.724", ("mtp3",)),
    "tup.incoming": Item("calls from the network to the system", "Q.724 1", ("tup",)),
    "tup.outgoing": Item("calls from the system to the network", "Q.724 1", ("tup",)),
    "tup.signalling_congestion": Item(
        "less traffic while MTP tells that the signalling network is congested",
        "Q.704 11.2.3",
        ("tup.outgoing",),
    ),
    "tup.continuity": Item("continuity check of incoming circuits", "Q.724 7", ("tup",)),
    "tup.group_supervision": Item("circuit group blocking and reset", "Q.723 3.10", ("tup",)),
    "tup.maintenance": Item(
        "blocking and reset of circuits on order of the maintenance terminal", "Q.724", ("tup", "maintenance")
    ),
    "tup.national": Item("the telephone user part of the network of China", "GF 001-9001", ("tup",)),
    "transit": Item("calls passed on between ISUP and TUP", "Q.699", ("isup", "tup")),
    "maintenance": Item("blocking, reset and link orders by the maintenance client", "Q.764 2.8, 2.9"),
    "maintenance.group": Item(
        "orders for groups of circuits", "Q.764 2.8.2, 2.9.3", ("maintenance", "isup.group_supervision")
    ),
    "switching": Item("time-slot switching of 64 kbit/s circuits", "Q.522"),
    "switching.transparent": Item(
        "stations that carry 64 kbit/s octets unchanged", "Q.551, requirement P-03", ("switching",)
    ),
    "tones": Item("call progress tones and prompts", "E.180, Q.35"),
    "dtmf": Item("DTMF receivers", "Q.23, Q.24"),
    "ivr": Item("interactive voice response from a flow file", "requirement I-01", ("dtmf",)),
    "acd": Item("queue with waiting music and dispatch to agents", "requirement A-01"),
    "agents": Item("agent stations and the agent client", "requirement S-01"),
    "agents.outgoing": Item(
        "outside calls dialled by agents", "requirement S-01", ("agents", "isup.outgoing")
    ),
    "metering": Item(
        "metering pulses of outgoing calls on record", "GF 001-9001", ("supervision", "agents.outgoing")
    ),
    "supervision": Item("states, records and the journal by the supervisor client", "requirement C-02"),
}
"""Every question, by name."""


@dataclass(frozen=True, slots=True)
class Pics:
    """Declared answers; an item that is not in `answers` is unset."""

    answers: Mapping[str, bool] = field(default_factory=dict)
    product: str = ""
    vendor: str = ""
    source: str = "nothing declared"
    """Where the declaration comes from, for reports."""

    def excluded(self, needs: Iterable[str]) -> str | None:
        """Return why a case that `needs` these items does not apply, or None when it does."""
        for name in needs:
            for declared in _with_required(name):
                if self.answers.get(declared) is False:
                    through = "" if declared == name else f", which {name} requires"
                    meaning = ITEMS[declared].meaning
                    return f"PICS declares {declared} not supported ({meaning}){through}"
        return None

    def declared(self, needs: Iterable[str]) -> list[str]:
        """Return those of `needs` that are declared supported."""
        return [name for name in needs if self.answers.get(name) is True]

    @property
    def sha256(self) -> str:
        """Hash of what is declared, the same for the same answers whatever the file looks like."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Return product, vendor and answers as plain values."""
        return {"product": self.product, "vendor": self.vendor, "answers": dict(sorted(self.answers.items()))}


def _with_required(name: str) -> list[str]:
    found = [name]
    for each in found:
        found += [required for required in ITEMS[each].requires if required not in found]
    return found


def from_mapping(data: object, source: str) -> Pics:
    """Return the PICS that `data` holds: `product`, `vendor`, `items` (item to true, false or null).

    Raises `PicsError`, with near misses for an item nobody asked.
    """
    if not isinstance(data, Mapping):
        raise PicsError(f"{source}: found {type(data).__name__}, expected a mapping with key items")
    known = ("product", "vendor", "items")
    for key in data:
        if key not in known:
            raise PicsError(
                f"{source}: key {key!r} is unknown, expected {', '.join(known)}{_near(key, known)}"
            )
    items = data.get("items", {})
    if not isinstance(items, Mapping):
        raise PicsError(f"{source}: items: found {type(items).__name__}, expected a mapping")
    answers: dict[str, bool] = {}
    for name, value in items.items():
        if name not in ITEMS:
            raise PicsError(f"{source}: items: {name!r} is not an item{_near(name, ITEMS)}")
        if value is None:
            continue
        if not isinstance(value, bool):
            raise PicsError(f"{source}: items: {name}: found {value!r}, expected yes, no or nothing (unset)")
        answers[str(name)] = value
    _contradictions(answers, source)
    return Pics(answers, str(data.get("product", "")), str(data.get("vendor", "")), source)


def _contradictions(answers: Mapping[str, bool], source: str) -> None:
    for name, value in answers.items():
        for required in _with_required(name) if value else ():
            if answers.get(required) is False:
                raise PicsError(
                    f"{source}: items: {name} is declared yes, but {required}, which it requires, no"
                )


def _near(found: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(found), list(known))
    return f"; did you mean {' or '.join(close)}?" if close else ""


def read(path: Path) -> Pics:
    """Read a PICS file, TOML or YAML by its suffix. Raises `PicsError`."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        raise PicsError(f"PICS {path}: {' '.join(str(error).split())}") from error
    return from_mapping(data, f"PICS {path.name}")


def of_system(system: object) -> Pics:
    """Return what a system declares of itself in its attribute `pics`, or an empty declaration.

    The attribute is a mapping as in a PICS file, or of items to answers.
    """
    declared = getattr(system, "pics", None)
    if declared is None:
        return Pics()
    if isinstance(declared, Mapping) and "items" not in declared and "product" not in declared:
        declared = {"items": declared}
    return from_mapping(declared, f"PICS of system {getattr(system, 'name', '?')}")

"""The catalogue: one module an area, one function a case.

`MODULES` lists the areas in the order of the catalogue; a test holds it against the folder. Importing an
area has no effect but that its functions carry their `Case`.
"""

from __future__ import annotations

from typing import Final

MODULES: Final = (
    "e1",
    "mtp2_state",
    "mtp2_alignment",
    "mtp2_unexpected",
    "mtp2_transfer",
    "mtp2_correction",
    "mtp2_pcr",
    "mtp3",
    "mtp3_links",
    "mtp3_changeover",
    "mtp3_inhibiting",
    "mtp3_routes",
    "mtp3_transfer",
    "mtp3_dual",
    "isup_supervision",
    "isup_calls",
    "isup_setup",
    "isup_continuity",
    "isup_release",
    "isup_timers",
    "isup_groups",
    "isup_compatibility",
    "isup_transit",
    "isup_checks",
    "isup_services",
    "isup_bearers",
    "isup_exchange",
    "isup_lines",
    "isup_supplementary",
    "tup_supervision",
    "tup_groups",
    "tup_continuity",
    "tup_checks",
    "tup_unreasonable",
    "tup_setup",
    "tup_release",
    "tup_refusals",
    "tup_timers",
    "tup_special",
    "tup_national",
    "tup_national_circuits",
    "tup_transit",
    "tup_transit_causes",
    "tup_transit_faults",
    "m3ua_asp",
    "m3ua_as",
    "m3ua_data",
    "m3ua_errors",
    "m3ua_registration",
    "switching",
    "dtmf",
    "ivr",
    "queue",
    "agents",
    "records",
)
"""Names of the modules of this package, in the order of the catalogue."""

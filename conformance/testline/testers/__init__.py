"""The judge's own endpoints: small, scriptable, able to misbehave on order."""

from __future__ import annotations

from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.centre import Centre, open_isup, open_link, open_mtp3
from testline.testers.isup import Call, IsupTester
from testline.testers.link import LinkState, LinkTester
from testline.testers.m3ua import AspTester, GatewayTester, open_m3ua
from testline.testers.mtp3 import Mtp3Tester
from testline.testers.sgp import AspCentre, ServerTester, SgpTester
from testline.testers.speech import Voice, expect_no_speech, expect_speech_both_ways
from testline.testers.telephone import Telephone
from testline.testers.tup import TupCall, TupTester
from testline.testers.tup_centre import TransitCentre, TupCentre

__all__ = [
    "Agent",
    "AspCentre",
    "AspTester",
    "Call",
    "Caller",
    "Centre",
    "GatewayTester",
    "IsupTester",
    "LinkState",
    "LinkTester",
    "Mtp3Tester",
    "ServerTester",
    "SgpTester",
    "Telephone",
    "TransitCentre",
    "TupCall",
    "TupCentre",
    "TupTester",
    "Voice",
    "expect_no_speech",
    "expect_speech_both_ways",
    "open_isup",
    "open_link",
    "open_m3ua",
    "open_mtp3",
]

"""Propagation delay determination (Q.764 2.6): the counter of the IAM, and the history that the answer tells.

Each exchange adds the delay of the route that a call goes out on; the exchange where the call ends, or leaves
ISUP, tells the sum in ANM or CON.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from callcenter.calls.primitives import Setup
from callcenter.ss7.isup.parameters import Parameter
from callcenter.ss7.isup.services import IsupConfig
from callcenter.ss7.isup.supplementary import CallHistoryInformation, PropagationDelayCounter

LONGEST: Final = 0xFFFF
"""Milliseconds that the counter holds (Q.763 3.42)."""


def counter(setup: Setup, config: IsupConfig, group: str) -> list[Parameter]:
    """Return the counter of an IAM that goes out on trunk group `group`, if it has one."""
    delay = setup.delay
    if config.delays is not None:
        delay = min((delay or 0) + config.delays.get(group, 0), LONGEST)
    return [] if delay is None else [PropagationDelayCounter(delay)]


def history(
    received: Iterable[Parameter], answer: Iterable[Parameter], config: IsupConfig
) -> list[Parameter]:
    """Return what an answer tells beside `answer`, after an IAM with the optional parameters `received`."""
    if config.delays is None or any(isinstance(each, CallHistoryInformation) for each in answer):
        return []
    counted = next((each for each in received if isinstance(each, PropagationDelayCounter)), None)
    return [] if counted is None else [CallHistoryInformation(counted.milliseconds)]

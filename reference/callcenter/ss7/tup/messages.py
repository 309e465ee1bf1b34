"""The messages of the telephone user part: heading codes (Q.723 table 3) and the format behind each.

The heading octet has H0, the message group, in its low half and H1 in its high half. MPM, OPR, SLB, STB and
MAL are those of the network of China (GF 001-9001), where H0 1100 to 1111 are national groups.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from callcenter.ss7.tup.contents import (
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


class Heading(IntEnum):
    """Heading octets, H1 and H0 (Q.723 table 3)."""

    # FAM, forward address
    IAM = 0x11
    IAI = 0x21
    SAM = 0x31
    SAO = 0x41
    # FSM, forward set-up
    GSM = 0x12
    COT = 0x32
    CCF = 0x42
    # BSM, backward set-up
    GRQ = 0x13
    # SBM, successful backward set-up
    ACM = 0x14
    CHG = 0x24
    # UBM, unsuccessful backward set-up
    SEC = 0x15
    CGC = 0x25
    NNC = 0x35
    ADI = 0x45
    CFL = 0x55
    SSB = 0x65
    UNN = 0x75
    LOS = 0x85
    SST = 0x95
    ACB = 0xA5
    DPN = 0xB5
    MPR = 0xC5
    """Misdialled trunk prefix."""
    EUM = 0xF5
    # CSM, call supervision
    ANU = 0x06
    ANC = 0x16
    ANN = 0x26
    CBK = 0x36
    CLF = 0x46
    RAN = 0x56
    FOT = 0x66
    CCL = 0x76
    # CCM, circuit supervision
    RLG = 0x17
    BLO = 0x27
    BLA = 0x37
    UBL = 0x47
    UBA = 0x57
    CCR = 0x67
    RSC = 0x77
    # GRM, circuit group supervision
    MGB = 0x18
    MBA = 0x28
    MGU = 0x38
    MUA = 0x48
    HGB = 0x58
    HBA = 0x68
    HGU = 0x78
    HUA = 0x88
    GRS = 0x98
    GRA = 0xA8
    SGB = 0xB8
    SBA = 0xC8
    SGU = 0xD8
    SUA = 0xE8
    # CNM, circuit network management
    ACC = 0x1A
    # NSB, NCB, NUB, NAM: national groups of China
    MPM = 0x2C
    OPR = 0x1D
    SLB = 0x1E
    STB = 0x2E
    MAL = 0x1F


FORMATS: Final[dict[int, type[Contents]]] = dict.fromkeys(Heading, Raw) | {
    Heading.IAM: InitialAddress,
    Heading.IAI: InitialAddressAdditional,
    Heading.SAM: Subsequent,
    Heading.SAO: SubsequentOne,
    Heading.GSM: GeneralForward,
    Heading.GRQ: GeneralRequest,
    Heading.ACM: AddressComplete,
    Heading.EUM: ExtendedUnsuccessful,
    Heading.ACC: Congestion,
    Heading.MPM: MeteringPulses,
    **{heading: RangeAndStatus for heading in Heading if heading & 0x0F == 8},
}
"""Format by heading; `Raw` where nothing follows the heading, and for CHG, whose contents are national."""

UNSUCCESSFUL: Final = frozenset(
    heading for heading in Heading if heading & 0x0F == 5 or heading in (Heading.SLB, Heading.STB)
)
"""Messages that end a set-up from the called side."""

NATIONAL: Final = frozenset(heading for heading in Heading if heading & 0x0F >= 0x0C)
"""Messages of the network of China only."""

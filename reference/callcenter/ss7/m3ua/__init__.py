"""MTP3 user adaptation over IP: gateway side (`sgp`) and server side (`asp`), RFC 4666."""

from callcenter.ss7.m3ua.codec import Framer, ProtocolData
from callcenter.ss7.m3ua.config import ServerConfig, SgpConfig
from callcenter.ss7.m3ua.sgp import Screened, SignallingGatewayProcess

__all__ = ["Framer", "ProtocolData", "Screened", "ServerConfig", "SgpConfig", "SignallingGatewayProcess"]

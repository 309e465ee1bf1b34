"""Time division: E1 framing, HDLC, the time-slot switch and the virtual board made of them."""

"""Agents: their states, their stations, and the orders their desks can give."""

"""Legs, calls, routing and circuit selection: the call engine, which knows no signalling system."""

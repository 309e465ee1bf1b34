"""Calls: trunk groups, circuit selection, routing, legs and calls, call records."""

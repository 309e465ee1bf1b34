"""Endurance: a centre joined in memory to far exchanges, driven harder and longer than any line would."""

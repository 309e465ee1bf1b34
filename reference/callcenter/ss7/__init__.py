"""Signalling System No. 7: one package a level, one file a functional block of the standard."""

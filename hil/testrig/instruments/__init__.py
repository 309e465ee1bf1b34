"""Instruments of the bench: plain, in line time, calibrated by their own tests.

They share no code with any system under test. Audio is `uint8[n]` A-law; levels are dBm0.
"""

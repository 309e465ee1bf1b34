"""Speech-band signals over all channels at once: numpy functions with explicit state."""

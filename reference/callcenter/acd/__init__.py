"""Automatic call distribution: queues, the choice of an agent, waiting."""

"""Computer telephony integration: the journal and everything that is read from it."""

"""Interactive voice response: flows from files, and the session of a caller in a flow."""

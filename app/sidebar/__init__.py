"""The controls, in the same order on every page; each keeps itself in the address bar."""

"""The measuring half of `make bench`: cases, sessions, the loop that alternates them, and the report."""

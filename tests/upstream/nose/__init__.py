"""The few names of `nose` that MXNet's own tests import. The real package stopped at Python 3.9."""

from . import tools

__all__ = ["tools"]

"""What a case file says, in data: one number measured on two or three sides, and what it is held against."""

from dataclasses import dataclass, field
from typing import Callable, Optional


@dataclass(frozen=True)
class Side:
    """One library under test. `name` is "real" or "ours"."""

    name: str
    library: str
    python: str
    tools: "object"  # harness.tools.Tools: built C programs and data files


@dataclass(frozen=True)
class Case:
    """One row of the table.

    `open(side)` returns a session: an object with `sample(count) -> list of numbers` and `close()`.
    `per` divides each number (keys per loop, for a cost per key).
    `target` is how many times better than real ours shall be (2.0 = half the time, half the bytes).
    `limit`, if given, opens a session that measures what the machine allows; `limit_target` is how many times
    the limit's number ours may take.
    `count` samples are taken per turn; cases that start a process for each sample take one.
    """

    name: str
    title: str
    open: Callable[[Side], "object"]
    unit: str = "s"
    per: int = 1
    target: Optional[float] = None
    limit: Optional[Callable[["object"], "object"]] = None
    limit_target: Optional[float] = None
    count: int = 10
    rounds: Optional[int] = None
    group: str = field(default="")

"""Local stores and copies, driven from Java. The binding runs on the real library too.

"limit" of the first is the same loop from C on our library: Java shall take at most 3 µs more. Of the copies it is a
copy between two float[].
"""

from harness.case import Case
from harness.session import Loop, environment

from .local_c import ONE


def java(mode):
    return lambda side: Loop([*side.tools.java(side.library), mode], environment(side))


def from_c(tools):
    return Loop([tools.kvloop, tools.ours, *ONE])


def plain(tools):
    return Loop([*tools.java(tools.ours), "plain"])


CASES = [
    Case("java-one", "one key of 1 KB, 1 context, from Java; limit: from C", java("one"), count=300, limit=from_c),
    Case("java-in", "100 MB of float[] into an array; limit: into a float[]", java("in"), count=5, limit=plain, limit_target=1.5),
    Case("java-out", "100 MB of an array into float[]; limit: from a float[]", java("out"), count=5, limit=plain, limit_target=1.5),
]

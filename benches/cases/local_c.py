"""Local stores, driven from C."""

from harness.case import Case
from harness.session import Loop, environment

THOUSAND = ["--keys", "1000", "--floats", "256"]
ONE = ["--keys", "1", "--floats", "256"]
BIG = ["--keys", "1", "--floats", "25000000"]


def kvloop(*options):
    return lambda side: Loop([side.tools.kvloop, side.library, *options], environment(side))


def resnet(contexts):
    return lambda side: kvloop("--sizes", side.tools.resnet_sizes, "--contexts", str(contexts))(side)


def motion(contexts, *options):
    """The data motion of the loop alone, see c/membw.c."""
    common = ["--kernel", "round", "--contexts", str(contexts)]
    return lambda tools: Loop([tools.membw, *common, *(options or ("--sizes", tools.resnet_sizes))])


CASES = [
    Case("c-small-1", "1000 keys of 1 KB, one call, 1 context, from C; per key",
         kvloop(*THOUSAND), per=1000, target=3, count=20),
    Case("c-small-1-calls", "1000 keys of 1 KB, 1000 calls, 1 context, from C; per key",
         kvloop(*THOUSAND, "--calls", "each"), per=1000, target=3, count=20),
    Case("c-small-4", "1000 keys of 1 KB, one call, 4 contexts, from C; per key",
         kvloop(*THOUSAND, "--contexts", "4"), per=1000, target=12, count=8),
    Case("c-small-4-calls", "1000 keys of 1 KB, 1000 calls, 4 contexts, from C; per key",
         kvloop(*THOUSAND, "--contexts", "4", "--calls", "each"), per=1000, target=12, count=8),
    Case("c-adam-small", "1000 keys of 1 KB, one call, Adam of the store against an updater in C, from C; per key",
         kvloop(*THOUSAND, "--optimizer", "adam"), per=1000, target=10, count=10),
    # Without a target: nothing is summed here, and the original too is done after one small copy.
    Case("c-one-1", "one key of 1 KB, 1 context, from C", kvloop(*ONE), count=300),
    Case("c-one-4", "one key of 1 KB, 4 contexts, from C",
         kvloop(*ONE, "--contexts", "4"), target=20, count=300),
    Case("c-resnet-1", "ResNet-50's arrays, 1 context, from C", resnet(1), target=1, limit=motion(1)),
    Case("c-resnet-2", "ResNet-50's arrays, 2 contexts, from C", resnet(2), target=2, limit=motion(2),
         limit_target=1.3),
    Case("c-resnet-4", "ResNet-50's arrays, 4 contexts, from C", resnet(4), target=2, limit=motion(4),
         limit_target=1.3, count=6),
    Case("c-big-4", "one array of 100 MB, 4 contexts, from C", kvloop(*BIG, "--contexts", "4"), target=2,
         limit=motion(4, *BIG), count=6),
]

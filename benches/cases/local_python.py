"""Local stores through the stock Python frontend."""

from harness.case import Case
from harness.session import Loop, environment

from .local_c import BIG, THOUSAND, motion


def frontend(*options):
    return lambda side: Loop([side.python, side.tools.frontend, *options], environment(side))


def resnet(contexts, *options):
    sizes = lambda side: ("--sizes", side.tools.resnet_sizes, "--contexts", str(contexts))
    return lambda side: frontend(*sizes(side), *options)(side)


def update_motion(rule):
    return lambda tools: Loop([tools.membw, "--kernel", rule, "--sizes", tools.resnet_sizes])


CASES = [
    Case("py-small-1", "1000 keys of 1 KB, one call, 1 context; per key",
         frontend(*THOUSAND), per=1000, target=1.3, count=10),
    Case("py-small-4", "1000 keys of 1 KB, one call, 4 contexts; per key",
         frontend(*THOUSAND, "--contexts", "4"), per=1000, target=3, count=5),
    Case("py-resnet-1", "ResNet-50's arrays, 1 context", resnet(1), target=1, limit=motion(1)),
    Case("py-resnet-2", "ResNet-50's arrays, 2 contexts", resnet(2), target=2, limit=motion(2),
         limit_target=1.3),
    Case("py-resnet-4", "ResNet-50's arrays, 4 contexts", resnet(4), target=2, limit=motion(4),
         limit_target=1.3, count=6),
    Case("py-big-4", "one array of 100 MB, 4 contexts", frontend(*BIG, "--contexts", "4"), target=2,
         limit=motion(4, *BIG), count=6),
    Case("py-momentum", "ResNet-50's arrays, momentum SGD as the stock Python updater",
         resnet(1, "--optimizer", "momentum"), target=1.5, limit=update_motion("momentum"), count=5),
    Case("py-adam", "ResNet-50's arrays, Adam as the stock Python updater",
         resnet(1, "--optimizer", "adam"), target=1.5, limit=update_motion("adam"), count=5),
    Case("py-native-momentum", "ResNet-50's arrays, momentum SGD of the store against the stock Python updater",
         resnet(1, "--optimizer", "momentum", "--native"), target=3, limit=update_motion("momentum"),
         limit_target=1.4, count=5),
    Case("py-native-adam", "ResNet-50's arrays, Adam of the store against the stock Python updater",
         resnet(1, "--optimizer", "adam", "--native"), target=3, limit=update_motion("adam"),
         limit_target=1.4, count=5),
    Case("py-native-small", "1000 keys of 1 KB, one call, Adam of the store against the stock Python updater; per key",
         frontend(*THOUSAND, "--optimizer", "adam", "--native"), per=1000, target=10, count=5),
]

"""Distributed stores: clusters of the stock frontend on loopback. A loop is a push and a pull of every key."""

from harness.case import Case
from harness.cluster import Cluster, ServerMemory, Starts
from harness.session import Loop

from .local_c import BIG, THOUSAND


def cluster(workers, servers, *options):
    return lambda side: Cluster(side, workers, servers, options)


def resnet(session, workers, servers, *options):
    return lambda side: session(side, workers, servers, ["--sizes", side.tools.resnet_sizes, *options])


MOMENTUM = ("--optimizer", "momentum")
def bytes_alone(tools):
    """As many bytes there and back over loopback TCP and nothing else, see c/tcp.c."""
    return Loop([tools.tcp, "--sizes", tools.resnet_sizes])


ONE = ("--keys", "1", "--floats", "256")

CASES = [
    Case("dist-one-1w1s", "one key of 1 KB, 1 worker, 1 server", cluster(1, 1, *ONE), target=2.5, count=30, rounds=3),
    Case("dist-small-1w1s", "1000 keys of 1 KB, 1 worker, 1 server; per key",
         cluster(1, 1, *THOUSAND), per=1000, target=3, count=5, rounds=3),
    Case("dist-small-2w2s", "1000 keys of 1 KB, 2 workers, 2 servers; per key",
         cluster(2, 2, *THOUSAND), per=1000, target=3, count=5, rounds=3),
    Case("dist-resnet-1w1s", "ResNet-50's arrays, 1 worker, 1 server", resnet(Cluster, 1, 1), target=1.4, count=5,
         rounds=3, limit=bytes_alone, limit_target=1.25),
    Case("dist-resnet-2w2s", "ResNet-50's arrays, 2 workers, 2 servers", resnet(Cluster, 2, 2), target=1.4, count=5,
         rounds=3),
    Case("dist-momentum-2w2s", "ResNet-50's arrays, momentum SGD of the frontend on the servers, 2 workers, 2 servers",
         resnet(Cluster, 2, 2, *MOMENTUM), target=1.6, count=5, rounds=3),
    Case("dist-momentum-async", "the same without rounds (dist_async)",
         resnet(Cluster, 2, 2, *MOMENTUM, "--store", "dist_async"), target=1.8, count=5, rounds=3),
    Case("dist-big-2w2s", "one array of 100 MB, 2 workers, 2 servers", cluster(2, 2, *BIG), target=2, count=4, rounds=3),
    Case("dist-memory", "a server's peak memory with ResNet-50's arrays, 2 workers", resnet(ServerMemory, 2, 1), unit="B",
         target=2, count=1, rounds=1),
    Case("dist-start", "1 scheduler, 2 servers, 2 workers until all have met",
         lambda side: Starts(side, 2, 2, ONE), target=2, count=1, rounds=3),
]

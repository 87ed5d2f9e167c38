"""Imports the stock frontend and prints what that cost: seconds, and resident bytes afterwards."""

import json
import time

start = time.perf_counter()
import mxnet  # noqa: E402,F401

seconds = time.perf_counter() - start
with open("/proc/self/status") as status:
    resident = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))
print(json.dumps({"seconds": seconds, "resident": resident}))

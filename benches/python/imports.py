"""Imports the stock frontend and prints what that cost: seconds, and resident bytes afterwards.

The wheel does not need scipy but imports it if it is there, as it is here for the demo. Hiding it shows what people
have who installed the wheel alone, and keeps scipy's own import out of both sides.
"""

import json
import sys
import time

sys.modules["scipy"] = None

start = time.perf_counter()
import mxnet  # noqa: E402,F401

seconds = time.perf_counter() - start
with open("/proc/self/status") as status:
    resident = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))
print(json.dumps({"seconds": seconds, "resident": resident}))

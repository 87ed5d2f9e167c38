"""What the library costs before it does anything: import time, resident memory, size."""

import os
import re
import shutil
import subprocess
import tempfile

from harness.case import Case
from harness.session import Fixed, Fresh, environment

# The C library's own files; everything else that a library links counts as part of it.
LIBC = re.compile(r"^(libc|libm|libdl|libpthread|librt|ld-linux.*|linux-vdso)\.so")


def imports(field):
    return lambda side: Fresh([side.python, side.tools.imports], field, environment(side))


def stripped_size(side):
    listing = subprocess.run(["ldd", side.library], capture_output=True, text=True, check=True).stdout
    files = {side.library}
    for line in listing.splitlines():
        name, arrow, rest = line.strip().partition(" => ")
        if arrow and not LIBC.match(name) and rest.startswith("/"):
            files.add(rest.split(" (")[0])
    with tempfile.TemporaryDirectory() as folder:
        total = 0
        for file in files:
            copy = shutil.copy(os.path.realpath(file), folder)
            subprocess.run(["strip", "--strip-unneeded", copy], check=True)
            total += os.path.getsize(copy)
    return Fixed(total)


CASES = [
    Case("import-time", "import of the stock frontend, fresh process", imports("seconds"), target=2, count=1),
    Case("import-memory", "resident memory after the import", imports("resident"), unit="B", target=2, count=1),
    Case("size", "stripped library with all it links beyond libc", stripped_size, unit="B", target=183 / 6,
         count=1, rounds=1),
]

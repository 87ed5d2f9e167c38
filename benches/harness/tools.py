"""Builds the programs and writes the data files that cases use, once per run."""

import functools
import subprocess
from pathlib import Path

from . import resnet

BENCHES = Path(__file__).resolve().parent.parent


class Tools:
    def __init__(self, build, ours):
        self.build = Path(build)
        self.ours = str(ours)
        self.build.mkdir(parents=True, exist_ok=True)
        self.kvloop = self._compile("kvloop", ["-O2", "-ldl", "-lm"])
        # The probe is built for this very machine: it stands for what the machine can do.
        fast = ["-O3", "-march=native", "-ffast-math", "-mprefer-vector-width=512", "-lpthread", "-lm"]
        self.membw = self._compile("membw", fast)
        self.tcp = self._compile("tcp", ["-O2", "-lpthread"])
        self.resnet_sizes = str(self.build / "resnet50.txt")
        Path(self.resnet_sizes).write_text("".join(f"{n}\n" for n in resnet.sizes()))
        self.frontend = str(BENCHES / "python" / "frontend.py")
        self.imports = str(BENCHES / "python" / "imports.py")

    def java(self, library):
        """The start of a command that runs the Java loop on a library; a mode has to follow."""
        return ["java", "-Xmx1g", f"-Dmxkv.library={library}", "-cp", self._classpath(), "io.mxkv.BenchLoop"]

    @functools.cache
    def _classpath(self):
        file = self.build.absolute() / "java.classpath"
        bindings = BENCHES.parent / "bindings"
        subprocess.run(["make", "-s", "-C", str(bindings), "bench-classpath", f"CLASSPATH_FILE={file}"], check=True)
        classes = bindings / "java" / "target"
        return f"{classes}/test-classes:{classes}/classes:{file.read_text().strip()}"

    def _compile(self, name, flags):
        program = self.build / name
        source = BENCHES / "c" / f"{name}.c"
        command = ["cc", "-std=gnu11", "-Wall", "-Wextra", str(source), "-o", str(program), *flags]
        subprocess.run(command, check=True)
        return str(program)

"""The loop: real, ours, (limit), real, ours, (limit), … with medians at the end.

All sessions of a case are open at once and take turns, so a slow minute of the machine hits every side.
"""

import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from .session import Failed

# Between two turns: worker threads of the side before (OpenMP's spin for milliseconds) must have gone to sleep.
PAUSE_SECONDS = 0.05


@dataclass
class Result:
    case: object
    samples: dict = field(default_factory=dict)  # side name -> list of numbers
    error: str = ""

    def median(self, side):
        numbers = self.samples.get(side)
        return statistics.median(numbers) if numbers else None

    def spread(self, side):
        """First and ninth decile."""
        numbers = sorted(self.samples[side])
        last = len(numbers) - 1
        return numbers[round(last * 0.1)], numbers[round(last * 0.9)]

    @property
    def ratio(self):
        """How many times better than real ours is, None if a side is missing."""
        real, ours = self.median("real"), self.median("ours")
        return real / ours if real and ours else None

    @property
    def limit_ratio(self):
        """How many times the limit's number ours takes."""
        ours, limit = self.median("ours"), self.median("limit")
        return ours / limit if ours and limit else None


def run_all(cases, sides, tools, rounds, quick):
    results = []
    for number, case in enumerate(cases, 1):
        result = run_case(case, sides, tools, rounds, quick)
        note = result.error.splitlines()[0] if result.error else f"{result.ratio:.2f}x"
        print(f"[{number}/{len(cases)}] {case.name}: {note}", file=sys.stderr, flush=True)
        results.append(result)
    return results


def run_case(case, sides, tools, rounds, quick):
    result = Result(case)
    count = max(1, case.count // 5) if quick else case.count
    try:
        with ExitStack() as stack:
            sessions = {}
            for side in sides:
                sessions[side.name] = _opened(stack, lambda: case.open(side))
            if case.limit:
                sessions["limit"] = _opened(stack, lambda: case.limit(tools))
            for _ in range(min(rounds, case.rounds or rounds)):
                for name, session in sessions.items():
                    time.sleep(PAUSE_SECONDS)
                    numbers = [number / case.per for number in session.sample(count)]
                    result.samples.setdefault(name, []).extend(numbers)
            # Closing checks the results, so it happens inside the try, and only after a complete run.
            for session in sessions.values():
                session.close()
            stack.pop_all()
    except Failed as failure:
        result.error = str(failure)
        result.samples.clear()
    return result


def _opened(stack, make):
    session = make()
    stack.callback(abandon, session)
    return session


def abandon(session):
    """Ends a session whose case has already failed; its own complaint would hide the first one."""
    try:
        session.close()
    except Failed:
        pass

"""``python -m tests.simulation SEED``: one run, every message shown. ``… FIRST COUNT``: many, failures and totals shown."""

import sys
import time
from collections import Counter

from tests.simulation.world import simulate


def main(arguments: list[str]) -> int:
    first = int(arguments[0])
    if len(arguments) == 1:
        print(dict(simulate(first, traced=True).counts))
        return 0
    totals: Counter[str] = Counter()
    failed = 0
    began = time.monotonic()
    for seed in range(first, first + int(arguments[1])):
        try:
            totals += simulate(seed).counts
        except Exception as error:  # the point is to go on and count
            failed += 1
            print(f"seed {seed}: {type(error).__name__}: {error}")
    print(f"{failed} failed, {time.monotonic() - began:.1f} s", dict(totals))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Every kind of layer of the shape calculator against torch: random settings, a thousand of each.

    python -m tests.benchmarks.shape_kinds [--settings 1000]

Sizes, parameters, MACs and refusals of tests.shapes.settings; an assertion names the first setting that
differs. Prints how many settings torch takes and what the others are refused for. Takes about half a minute.
"""

import argparse
from collections import Counter

import torch

from tests.shapes.settings import KNOWN, compare


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--settings", type=int, default=1000)
    count = parser.parse_args().settings
    torch.set_num_threads(1)
    for kind in KNOWN:
        met = Counter(compare(kind, seed) for seed in range(count))
        taken = met.pop(None, 0)
        print(f"{kind:20} {taken:5} taken ", ", ".join(f"{key} {times}" for key, times in met.most_common()))


if __name__ == "__main__":
    main()

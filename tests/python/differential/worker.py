"""Runs cases [first, …) in one library and appends each result to a file: worker.py FILE FIRST."""

import pickle
import sys

import draw
from tables import ALL


def main():
    path, first = sys.argv[1], int(sys.argv[2])
    with open(path, "ab") as file:
        for case in ALL[first:]:
            pickle.dump(draw.run(case), file)
            file.flush()


main()

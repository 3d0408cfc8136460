"""Start `rival_rates`, and be nothing else: worker processes import it too."""

import sys

if __name__ == "__main__":
    from benchmarks.rival_rates import measure

    print(measure(*map(int, sys.argv[1:2])).markdown())

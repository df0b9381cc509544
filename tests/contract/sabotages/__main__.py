"""The full form: every sabotage against every contract test, which takes a while.

``python -m tests.contract.sabotages`` prints the table, ``--write`` names a contract test for each sabotage that has
none that catches it, and names of sabotages try those alone.
"""

import sys
from argparse import ArgumentParser

from tests.contract.sabotages import ALL
from tests.contract.sabotages.matrix import chosen, honest, keep, kept, table
from tests.contract.sabotages.trial import TRIAL_S_MAX, trials


def main() -> int:
    """Try them all; return 1 where one is not caught."""
    parser = ArgumentParser(prog="python -m tests.contract.sabotages", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a sabotage to try; none: all")
    parser.add_argument("--among", action="append", default=[], metavar="FILE", help="tests to try; none: all")
    parser.add_argument("--dialect", help="try only those of a provider's; none: all, which takes hours")
    parser.add_argument("--write", action="store_true", help="keep the names of the tests that catch")
    asked = parser.parse_args()
    names = asked.names or [each.name for each in ALL if asked.dialect in (None, each.dialect)]
    usual = dict.fromkeys(honest(name) for name in names)
    wanted, tried = [*usual, *names], {}
    with trials(dict.fromkeys(wanted, asked.among)) as running:
        for name, trial in running.items():
            tried[name] = trial.result(TRIAL_S_MAX * len(wanted))
            sys.stderr.write(f"{name}: caught by {len(tried[name].caught_by)}, {tried[name].seconds:.0f} s\n")
    before = kept()
    found = chosen(tried, before)
    sys.stdout.writelines(f"{line}\n" for line in table(tried, found))
    if asked.write:
        known = {**before, **found}
        keep({each.name: known[each.name] for each in ALL if each.name in known})
    return int(any(name not in found for name in names))


if __name__ == "__main__":
    sys.exit(main())

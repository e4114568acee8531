"""What the scripts of this folder share: asking our program, comparing, the tables of cases.

A script is

    from oracle import agree, case, main, ours

    @case
    def what_is_compared(rng):
        got = ours("row_moments", members=[member, lat, lon], truth=[lat, lon])
        agree(got["crps_fair"], package(...), 1e-6)

    main()

Every case gets a generator of its own with a fixed seed. Fields go to our program as fp32, which is what forecasts are stored
in; `fp32` rounds them first, so that the packages see the same numbers and only the rounding of our own sums is left.
"""
import os
import subprocess
import sys

import numpy as np

CASES = []
largest = 0.0


def case(function):
    CASES.append(function)
    return function


def fp32(values):
    """The numbers as our program reads them, for packages that compute in fp64."""
    return np.asarray(values).astype(np.float32).astype(np.float64)


def ours(calculator, **arrays):
    """Our results, by name, for arrays by name (tests/oracle/calculators.cpp lists both)."""
    words = []
    for name, values in arrays.items():
        values = np.asarray(values, dtype=np.float64)
        words += [name, str(values.ndim), *map(str, values.shape), *map(repr, values.ravel().tolist())]
    done = subprocess.run([os.environ["ORACLE_SCORES"], calculator], input=" ".join(words), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"oracle_scores {calculator} exits {done.returncode}: {done.stderr}")
    results = {}
    for line in done.stdout.splitlines():
        name, rank, *rest = line.split(" ")
        shape = tuple(int(extent) for extent in rest[: int(rank)])
        results[name] = np.array(rest[int(rank) :], dtype=np.float64).reshape(shape)
    return results


def agree(got, wanted, relative, scale=None):
    """Fail unless every number agrees within `relative` times its size, or times `scale` for numbers that may vanish."""
    global largest
    got, wanted = np.asarray(got, dtype=np.float64), np.asarray(wanted, dtype=np.float64)
    assert got.shape == wanted.shape, f"shape {got.shape} instead of {wanted.shape}"
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = np.abs(got - wanted) / (np.abs(wanted) if scale is None else scale)
    # Not `> relative`: a NaN must fail.
    wrong = ~(difference <= relative)
    if got.size:
        largest = max(largest, float(np.max(np.where(got == wanted, 0.0, difference))))
    if np.any(wrong & (got != wanted)):
        worst = int(np.argmax(np.where(np.isnan(difference), np.inf, difference)))
        raise AssertionError(
            f"{int(wrong.sum())} of {wrong.size} numbers differ by more than {relative:g}; the worst is {got.ravel()[worst]!r} "
            f"instead of {wanted.ravel()[worst]!r}"
        )


def main():
    """Run all cases; print the largest difference of each. Exit code 1 when one fails."""
    global largest
    failed = 0
    for number, function in enumerate(CASES):
        largest = 0.0
        try:
            function(np.random.default_rng(1000 + number))
            print(f"{function.__name__}: agrees, largest difference {largest:.1e}")
        except AssertionError as error:
            failed += 1
            print(f"{function.__name__}: FAILED: {error}")
    sys.exit(1 if failed or not CASES else 0)

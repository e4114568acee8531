"""Comparisons that must fail do fail, and numbers reach our program and come back whole."""
import numpy as np
from oracle import agree, case, main, ours


def refused(*arguments, **options):
    try:
        agree(*arguments, **options)
    except AssertionError:
        return True
    return False


@case
def differences_are_found(rng):
    right = rng.standard_normal(50) + 10.0
    agree(right, right, 0.0)
    for wrong in (right * (1.0 + 2e-6), right[:-1], np.where(np.arange(50) == 7, np.nan, right)):
        assert refused(wrong, right, 1e-6), "a difference was accepted"
    agree(right * (1.0 + 0.5e-6), right, 1e-6)
    assert refused([1e-3], [0.0], 1e-6, scale=1.0)
    agree([1e-7], [0.0], 1e-6, scale=1.0)


@case
def shapes_matter_to_our_program(rng):
    x, y = rng.standard_normal((3, 2, 4)), rng.standard_normal((2, 4))
    got = ours("row_moments", members=x, truth=y)
    assert got["bias"].shape == (2,)
    by_row = [ours("row_moments", members=x[:, k : k + 1], truth=y[k : k + 1])["bias"][0] for k in range(2)]
    agree(got["bias"], by_row, 0.0)


main()

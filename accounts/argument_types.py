"""Arguments of an operator's commands: numbers within bounds.

Nothing here imports Django: keys are made before there are settings.
"""

import argparse
import math

# What no list of days, ids or sizes comes near, and every database can hold.
MOST = 2**31 - 1
# In a hundred years.
MOST_DAYS = 36_500
MOST_GB = 1e9


def whole(least=0, most=MOST):
    """Return what reads a whole number of a range from a command line."""

    def read(text):
        digits = text.removeprefix("-")
        # int() takes what nobody means, 1_0 and the digits of every script.
        is_number = digits.isascii() and digits.isdigit() and len(text) < 20
        if not (is_number and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(
                f"give a whole number from {least:,} to {most:,}"
            )
        return int(text)

    return read


def gigabytes(text):
    """Read a volume from a command line."""
    try:
        volume = float(text)
    except ValueError:
        volume = math.nan
    # No comparison holds for what is not a number.
    if not 0 <= volume <= MOST_GB:
        raise argparse.ArgumentTypeError(f"give a number from 0 to {MOST_GB:,.0f}")
    return volume

"""How the calls of the demo's tokens are spread over days: 1 is a usual day."""

from calendar import SATURDAY


def steady(moment, back):
    return 1


def office(moment, back):
    """Return much on weekdays, next to nothing at the weekend."""
    return 1 if moment.weekday() < SATURDAY else 0.05


def nightly(moment, back):
    return 1 if moment.hour < 6 else 0


def weekly(moment, back):
    return 1 if moment.weekday() == 0 else 0


def growing(moment, back):
    return 0.75**back


def fading(moment, back):
    return 0.05 + back / 14


def bursting(moment, back):
    """Return one day that something went wrong on."""
    return 5 if back == 6 else 0.4


RHYTHMS = (steady, office, office, nightly, weekly, growing, fading, bursting)

"""Attempts to sign in, and how often each may fail.

An address that fails slows down itself and nobody else; a browser that its owner has
signed in with before is not slowed down by any other.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError

from accounts.rate_limits.limiter import Limit, TooManyTries, spend
from accounts.signing_in import known_devices
from accounts.web.addresses import client_network

MINUTE, QUARTER = 60, 900


@dataclass(frozen=True, slots=True)
class Step:
    """A step of signing in with something that can be guessed.

    `here`: a person from one address; `address`: all people from it; `person`: one
    person from all addresses; `device`: a person in a browser that is known; `nowhere`:
    all who have no address that anybody can read.
    """

    here: Limit
    address: Limit
    person: Limit
    device: Limit
    nowhere: Limit


PASSWORD = Step(
    here=Limit(1, 5, 10 * MINUTE, 5, QUARTER, forgiving=True),
    address=Limit(2, 30, 10, 2, MINUTE),
    # Whoever has hundreds of addresses is slowed down; the person is not shut out.
    person=Limit(3, 30, MINUTE, 1, 5),
    device=Limit(4, 10, 10 * MINUTE, 5, QUARTER, forgiving=True),
    nowhere=Limit(5, 300, 1, 1, 2),
)
# A code is one of a million, and three of them are good at a time.
CODE = Step(
    here=Limit(6, 5, 10 * MINUTE, 5, QUARTER, forgiving=True),
    address=Limit(7, 30, 10, 2, MINUTE),
    person=Limit(8, 10, 10 * MINUTE, 5, MINUTE),
    device=Limit(9, 10, 10 * MINUTE, 5, QUARTER, forgiving=True),
    nowhere=Limit(10, 300, 1, 1, 2),
)
RESET_ADDRESS = Limit(11, 20, MINUTE, MINUTE, QUARTER)
RESET_PERSON = Limit(12, 5, 10 * MINUTE, MINUTE, QUARTER)
RESET_NOWHERE = Limit(13, 100, 6, 6, MINUTE)
# Forms in which nothing can be guessed and that cost something: passkeys, mailed links.
ENTRANCE = Limit(14, 30, 2, 5, MINUTE)
ENTRANCE_NOWHERE = Limit(15, 300, 1, 1, 2)


def attempt(step, request, person, user=None):
    """Count an attempt in a form; returns what to settle when it succeeds.

    `person` is what is typed or known of who it is about, `user` who that is if there
    is such a person. Raises ValidationError while there is a wait, which the answer
    then tells with status 429.
    """
    device = user and known_devices.known_as(request, user)
    if device:
        return in_form(request, (step.device, device))
    network = client_network(request)
    if network is None:
        return in_form(request, (step.person, person), (step.nowhere, ""))
    return in_form(
        request,
        (step.here, f"{network} {person}"),
        (step.address, network),
        (step.person, person),
    )


def attempt_reset(request, email):
    """Count a mail with a link to choose a new password; as `attempt` for the rest."""
    network = client_network(request)
    place = (RESET_ADDRESS, network) if network else (RESET_NOWHERE, "")
    in_form(request, place, (RESET_PERSON, email))


def enter(request):
    """Count a form of somebody who is not signed in; raises TooManyTries."""
    spend(_entrance(request))


def enter_form(request):
    """Count the same of a form that is shown again; as `attempt` for the rest."""
    in_form(request, _entrance(request))


def _entrance(request):
    network = client_network(request)
    return (ENTRANCE, network) if network else (ENTRANCE_NOWHERE, "")


def in_form(request, *counts):
    try:
        return spend(*counts)
    except TooManyTries as refusal:
        request.refusal = refusal
        raise ValidationError(refusal.message, code=refusal.code) from None

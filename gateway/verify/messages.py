"""Sentences of refusals, for whoever has a client's log before them."""

from gateway.templatetags.refused_calls import it_takes
from gateway.verify.signal import SIGNAL_NAMES
from tokens.permissions import OTHER_NETWORK, TOO_MANY_CALLS

MISSING = "Send a token in X-API-TOKEN or in Authorization"
INVALID = "This token is not valid"
LATER = "Try again in a moment"
SENTENCES = {
    "deleted": "This token was deleted",
    "disabled": "This token is disabled",
    "paused": "This shared token is paused",
    "expired": "This token has expired",
    "rotated": "This token was rotated, and this is its old secret",
    "account_stopped": "The account of this token is suspended or deleted",
    "no_api_on_plan": "API tokens are not in the plan of this token's account",
    "kept_elsewhere": "This API token is kept to accounts that have nothing here",
    "shows_nothing": "The filters of this shared token show nothing",
    OTHER_NETWORK: "This token is kept to networks, and this address is in none of them",
    TOO_MANY_CALLS: "This token has made all calls of this minute that its limit allows",
    "": "The account of this token has nothing here",
}


def why(reason, signal):
    """Return the sentence about a token that is refused for a signal."""
    if reason == "out_of_scope":
        return f"This API token lacks the scope {signal.scope}"
    if reason != "wrong_kind":
        return SENTENCES[reason]
    signal_name = SIGNAL_NAMES.get(signal.number)
    needed = it_takes(signal_name) if signal_name else "a gateway token"
    return f"This token is of the wrong kind: this takes {needed}"

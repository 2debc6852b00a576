"""What is decided about a token at a signal."""

from gateway.verify.decisions import decide
from gateway.verify.signal import ASK, SIGNALS

EVERY_SIGNAL = {"ask": ASK, **SIGNALS}


def row_of(token):
    return token.secrets.select_related("token__account__organisation").get()


def told(token, signal="query-logs"):
    return decide(EVERY_SIGNAL[signal], row_of(token))

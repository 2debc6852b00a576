"""Carrying a plan out, call by call, so that it is known what was done when it stops."""

import signal
from contextlib import contextmanager

import click

from client.declaring.plan_accounts import ids
from client.failures import NotFound, Stale, printable

AGAIN = "Run it again: what is done stays done."


class Stopped(click.ClickException):
    """It ended before its end; the message says why."""

    def __init__(self, message, exit_code):
        super().__init__(message)
        self.exit_code = exit_code


class Run:
    """The calls that changes are made of; `outlets` take the secrets that come."""

    def __init__(self, server, outlets):
        self.server, self.outlets = server, outlets
        # Tokens that came with an account, and whose secrets nobody has yet.
        self.fresh = set()

    def make_account(self, account, settings):
        body = {"kind": account.said["kind"], **ids(account, settings)}
        account.thing.found(self.server.post_once("/accounts", body))
        for token in self.server.items("/tokens", account=[account.thing.id]):
            account.first.found(token)
            self.fresh.add(account.first)

    def make(self, thing, path, body):
        thing.found(self.server.post_once(path, body))

    def make_token(self, token, body):
        path = f"{token.account.thing.path}/tokens"
        answer = self.server.post_once(path, body)
        token.thing.found(answer)
        self.outlets.hand_out(token, answer["secret"])

    def mint(self, token):
        scopes = token.said.get("scopes")
        answer = self.server.mint(token.account.thing.id, token.name, scopes)
        self.outlets.hand_out(token, answer["token"])

    def change(self, thing, body):
        _, thing.version = self.server.change(
            "PATCH", thing.path, body, version=thing.version
        )

    def act(self, thing, verb):
        path = f"{thing.path}/{verb}"
        _, thing.version = self.server.change("POST", path, version=thing.version)

    def narrow(self, thing, body):
        path = f"{thing.path}/filters"
        _, thing.version = self.server.change("PUT", path, body, version=thing.version)

    def delete(self, thing):
        self.server.change("DELETE", thing.path, version=thing.version)

    def reveal(self, token):
        answer = self.server.post(f"/tokens/{token.thing.id}/reveal")
        self.outlets.hand_out(token, answer["secret"])


def carry_out(plan, run, *, reveal, say):
    """Make the calls of a plan in order; raises Stopped with what was done and what not."""
    calls = [(function, change) for _, function, change in plan.calls]
    calls += [
        (_revealing(token), token) for token in _to_reveal(plan, run, reveal=reveal)
    ]
    with _stopping(say) as is_asked:
        for number, (function, change) in enumerate(calls):
            if is_asked():
                raise Stopped(_told(calls, number, "You stopped it."), 130)
            try:
                function(run)
            except KeyboardInterrupt:
                unknown = f"You stopped it while this was under way: {change}."
                raise Stopped(_told(calls, number, unknown), 130) from None
            except click.ClickException as error:
                why = f"{change}: {_reason(error)}"
                raise Stopped(_told(calls, number, why), error.exit_code) from None


def _to_reveal(plan, run, *, reveal):
    """Return the tokens that exist, or come with an account, and are to be handed out."""
    return [
        token
        for token in plan.tokens
        if token.kind != "api"
        and token.existing is not None
        and run.outlets.takes(token)
        and (reveal or token.existing["id"] is None)
    ]


def _revealing(token):
    return lambda run: run.reveal(token)


def _reason(error):
    if isinstance(error, Stale | NotFound):
        return f"{error.message} It has changed since the plan was made: look at a new one."
    return error.message


def _told(calls, number, why):
    """Return why it stopped, and which changes are done, begun and still to be made."""
    done = dict.fromkeys(change for _, change in calls[:number])
    still = dict.fromkeys(change for _, change in calls[number:])
    parts = {
        "Done": [each for each in done if each not in still],
        "Begun": [each for each in done if each in still],
        "Not done": [each for each in still if each not in done],
    }
    told = [
        line for word, some in parts.items() if some for line in _listed(word, some)
    ]
    return "\n".join(map(printable, [*why.split("\n"), *told, AGAIN]))


def _listed(word, changes):
    return [f"{word}:", *(f"  {each}" for each in changes)]


@contextmanager
def _stopping(say):
    """Yield whether somebody asked to stop, which happens between two calls.

    Who asks twice stops at once.
    """
    asked = []

    def ask(number, frame):
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        say("Stopping after this call. Once more stops at once.")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)

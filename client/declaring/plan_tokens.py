"""The plan for the tokens of an account, shared ones and others."""

import re
from datetime import UTC, datetime

from client.declaring import api_tokens, links, log_tokens
from client.declaring.changes import Phase, Thing
from client.declaring.names import SINGLE, filter_key, key, token_key
from client.declaring.restrictions import (
    NARROWER,
    RESTRICTIONS,
    meant,
)

# The token that comes with an account, by the kind of account.
FIRST = {"main": "logs", "sub": "logs", "metrics": "metrics", "tracing": "traces"}
DEFAULT = {
    "name": "default",
    "note": "",
    "disabled_at": None,
    "expires_at": None,
    "networks": [],
    "calls_per_minute": None,
}
SAID = ("note", "enabled", "expires_at", *RESTRICTIONS)
WHITE_SPACE = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]")
NOUNS = {
    "logs": "log token",
    "metrics": "metrics token",
    "traces": "tracing token",
    "api": "API token",
    "shared": "shared token",
}


def plan(state, account, filters, made, *, prune):
    found = _present(state, account)
    if account.says("tokens"):
        others = [each for each in found if each["kind"] != "shared"]
        kept = _plan_part(state, account, "tokens", others, filters, made, prune=prune)
        log_tokens.check(state, account, others, kept, made)
    if account.says("shared_tokens"):
        shared = [each for each in found if each["kind"] == "shared"]
        _plan_part(state, account, "shared_tokens", shared, filters, made, prune=prune)


def _present(state, account):
    """Return the tokens that there are, or that come with the account."""
    if account.existing:
        return state.tokens[account.existing["id"]]
    kind = FIRST.get(account.said["kind"])
    return [DEFAULT | {"kind": kind, "id": None, "version": None}] if kind else []


def _plan_part(state, account, part, found, filters, made, *, prune):
    """Plan the tokens of one list; return them as they will be."""
    by_key, will_be, matched = {_key(each): each for each in found}, [], set()
    for said in account.said[part]:
        said = said | ({"kind": "shared"} if part == "shared_tokens" else {})
        existing = _existing(by_key, said)
        token = Planned(state, account, said, existing, filters, made)
        token.plan()
        will_be.append(token.result)
        matched.add(id(existing))
    for each in found:
        if id(each) not in matched:
            will_be += _rest(account, each, made, prune=prune)
    return will_be


def _key(token):
    # Of such there is one, whatever it is called.
    return token["kind"] if token["kind"] in SINGLE else token_key(token)


def _existing(by_key, said):
    said = {"kind": "logs"} | said
    found = by_key.get(_key(said))
    if found is None and "was" in said:
        found = by_key.get((said["kind"], key(said["was"])))
    return found


def _rest(account, token, made, *, prune):
    """Plan what becomes of a token that is not in the file; return what stays."""
    if token["kind"] in SINGLE or token["kind"] == "api":
        return []
    if not prune:
        made.left += 1
        return [token]
    thing = _thing(account, token)
    noun = NOUNS[token["kind"]]
    change = made.add("-", account.label, noun, token["name"])
    change.remark = "it stops at once; it can be restored for 30 days"
    change.call(Phase.DELETE_TOKEN, lambda run: run.delete(thing))
    return []


def _thing(account, token):
    if token["id"] is None:
        return account.first
    return Thing("/tokens", token["id"], token["version"])


class Planned:
    """A token of the file, and what makes it so."""

    def __init__(self, state, account, said, existing, filters, made):
        self.state, self.account, self.filters, self.made = (
            state,
            account,
            filters,
            made,
        )
        self.said, self.existing = {"kind": "logs"} | said, existing
        self.kind = self.said["kind"]
        self.thing = _thing(account, existing) if existing else Thing("/tokens")
        self.change = None

    @property
    def name(self):
        return self.said["name"]

    @property
    def label(self):
        return f"{NOUNS[self.kind]} {self.name} in {self.account.label}"

    @property
    def result(self):
        """The token as it will be."""
        before = self.existing or DEFAULT
        enabled = self.said.get("enabled", not before["disabled_at"])
        return {
            "kind": self.kind,
            "disabled_at": None if enabled else "disabled",
            "expires_at": self.said.get("expires_at", before["expires_at"]),
            "is_new": self.existing is None or log_tokens.is_off(self.existing),
        }

    def plan(self):
        if self.existing is None:
            self._create()
        else:
            self._update()
        if self.existing or self.change:
            self.made.tokens.append(self)

    def problem(self, text):
        self.made.problems.append(f"{self.label} {text}")

    def add(self, sign, fields):
        """Add the change that the token is, with what it changes."""
        noun = NOUNS[self.kind]
        self.change = self.made.add(sign, self.account.label, noun, self.name)
        self.change.fields = [*fields]

    def sayable(self, *others):
        """Return what the file says of it, by the names of fields."""
        return [name for name in (*SAID, *others) if name in self.said]

    def _create(self):
        self._check_expiry()
        if self.kind == "api":
            api_tokens.create(self)
            return
        self.add("+", [(name, None, self.said[name]) for name in self.sayable()])
        if self.kind == "shared":
            links.create(self)
        else:
            self.change.call(Phase.MAKE, lambda run: run.make_token(self, self.body()))

    def body(self):
        """Return what makes a token, as far as tokens of all kinds have it."""
        names = ("kind", "name", *self.sayable())
        return {name: self.said[name] for name in names}

    def _check_expiry(self):
        moment = self.said.get("expires_at")
        if moment and _moment(moment) <= datetime.now(UTC):
            self.problem("would have ended before now: look at its expires_at.")

    def _update(self):
        if self.kind in SINGLE and key(self.name) != key(self.existing["name"]):
            self.problem(f"is called {self.existing['name']}, and cannot be renamed.")
        fields = [*self._texts(), *self._expiry(), *self._restrictions()]
        switch = self._switch()
        if self.kind == "api":
            api_tokens.update(self, [*fields, *switch])
            return
        scope = links.differences(self) if self.kind == "shared" else []
        if not (fields or switch or scope):
            return
        self.add("~", [*fields, *switch, *scope])
        self._call(fields, switch)
        if scope:
            links.narrow(self)

    def _texts(self):
        for name, written in (("name", _line), ("note", _lines)):
            if name in self.said and self.kind not in _fixed(name):
                old, new = self.existing[name], written(self.said[name])
                if old != new:
                    yield name, old, new

    def _expiry(self):
        if "expires_at" in self.said:
            old, new = self.existing["expires_at"], self.said["expires_at"]
            if _moment(old) != _moment(new):
                self._check_expiry()
                yield "expires_at", old, new

    def _restrictions(self):
        for name in RESTRICTIONS:
            if name in self.said:
                old, new = self.existing[name], self.said[name]
                if meant(name, old) != meant(name, new):
                    self._check_narrower(name, old, new)
                    yield name, old, new

    def _check_narrower(self, name, old, new):
        if not NARROWER[name](new, old):
            self.widens(name)

    def widens(self, name):
        """Note that a token is never given more."""
        way = "rotate it" if self.kind in SINGLE else "make another token"
        self.problem(
            f"would be given more by its {name}: a token is only ever given less. For "
            f"more, {way}."
        )

    def _switch(self):
        old = self.existing["disabled_at"] is None
        new = self.said.get("enabled", old)
        return [("enabled", old, new)] if old != new else []

    def _call(self, fields, switch):
        body = {name: new for name, _, new in fields}
        self._restrict(body)
        if body:
            # A log token gets its end once others work that have none.
            ends = body.get("expires_at") and self.kind == "logs"
            phase = Phase.EXPIRE if ends else Phase.TOKEN
            self.change.call(phase, lambda run: run.change(self.thing, body))
        if switch:
            ((_, _, enabled),) = switch
            verb = "enable" if enabled else "disable"
            self.change.call(self._phase(verb), lambda run: run.act(self.thing, verb))

    def _restrict(self, body):
        """Plan what is kept to fewer networks before anything else of it changes."""
        if "networks" in body:
            fewer = {"networks": body.pop("networks")}
            self.change.call(Phase.PAUSE, lambda run: run.change(self.thing, fewer))

    def _phase(self, verb):
        if verb == "enable":
            return Phase.ENABLE
        # A link is paused before it is anything else; a log token when others work.
        return Phase.PAUSE if self.kind == "shared" else Phase.DISABLE

    def wanted_filters(self):
        return [
            self.filters.things[filter_key(each)]
            for each in self.said.get("filters", ())
        ]


def _fixed(name):
    return SINGLE if name == "name" else ()


def _line(text):
    """Return a name as the server keeps it: of any white space a blank."""
    return WHITE_SPACE.sub(" ", text)


def _lines(text):
    lines = (_line(line).rstrip() for line in text.splitlines())
    return "\n".join(lines).strip()


def _moment(text):
    return text and datetime.fromisoformat(text)

"""Rules for a file beyond its schema: nothing twice, nothing that is not there."""

from client.declaring import names
from client.declaring.problems import SECRET, Problem
from client.declaring.restrictions import RESTRICTIONS, why_wrong
from client.declaring.schema import closest

HOLDS_TOKEN = (
    "a whole token is in it. Take it out, and rotate it if others saw this file."
)
NOT_KEPT = "only API tokens of the main account are kept to accounts."
FOR_GOOD = (
    "an account has this token for good: only its note and what it is kept to can be "
    "changed."
)
# What is told already when scopes and accounts are.
SAYABLE = {"kind", "name", "secret", "note", "scopes", "accounts", *RESTRICTIONS}


def secrets_in(text):
    """Yield a problem for each line of a text that has a whole token in it."""
    for number, line in enumerate(text.splitlines(), 1):
        if SECRET.search(line):
            yield Problem(number, "", HOLDS_TOKEN)


def problems(node):
    """Yield what is wrong with a file whose parts may have any shape."""
    accounts = node.members("accounts")
    yield from _twice(accounts, "accounts", _account_key)
    yield from _twice(node.members("policies"), "policies", _kind)
    yield from _hidden(node, "")
    for number, account in enumerate(accounts):
        path = f"accounts[{number}]"
        yield from _lists(account, path)
        yield from _kinds(account, path)
        yield from _links(account, path)
        yield from _networks(account, path)
    yield from _secret_names(accounts)


def _hidden(node, path):
    """Yield a problem for a token that no single line has, such as a folded one."""
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            yield from _hidden(child, f"{path}.{name}".lstrip("."))
    elif isinstance(node.value, list):
        for number, child in enumerate(node.value):
            yield from _hidden(child, f"{path}[{number}]")
    elif isinstance(node.value, str) and SECRET.search("".join(node.value.split())):
        yield Problem(node.line, path, HOLDS_TOKEN)


def _account_key(node):
    name = names.key(node.text("name"))
    # There is one main account, whatever it is called.
    return ("main",) if node.text("kind") == "main" else (node.text("kind"), name)


def _kind(node):
    return node.text("kind")


def _token_key(node):
    return node.text("kind") or "logs", names.key(node.text("name"))


def _name_key(node):
    return names.key(node.text("name"))


def _filter_key(node):
    return node.text("field"), node.text("value")


def _lists(account, path):
    for name, of in (
        ("tokens", _token_key),
        ("shared_tokens", _name_key),
        ("filters", _filter_key),
    ):
        yield from _twice(account.members(name), f"{path}.{name}", of)


def _twice(nodes, path, of):
    first = {}
    for number, node in enumerate(nodes):
        known = first.setdefault(of(node), node)
        if known is not node:
            message = f"is the same as in line {known.line}."
            yield Problem(node.line, f"{path}[{number}]", message)
    for number, node in enumerate(nodes):
        yield from _old_name(node, f"{path}[{number}]", of, first)


def _old_name(node, path, of, declared):
    """Yield a problem for a thing that was what another one is."""
    was = node.member("was")
    if was is None:
        return
    named = {"field": was.text("field"), "value": was.text("value")}
    old = type(node)(
        node.value | ({"name": was} if not was.text("field") else _nodes(named, was)),
        node.line,
    )
    other = declared.get(of(old))
    if other is not None and other is not node:
        message = f"is declared itself, in line {other.line}."
        yield Problem(was.line, f"{path}.was", message)


def _nodes(values, like):
    return {name: type(like)(value, like.line) for name, value in values.items()}


def _kinds(account, path):
    kind = account.text("kind")
    for number, token in enumerate(account.members("tokens")):
        inside = f"{path}.tokens[{number}]"
        of = token.text("kind") or "logs"
        if kind not in names.LIVES_IN.get(of, (kind,)):
            yield Problem(token.line, inside, _misplaced(kind, of))
        yield from _kept_to(token, inside, kind, of)
        for name in token.value if of in names.SINGLE else ():
            if name not in SAYABLE:
                yield Problem(token.line, f"{inside}.{name}", FOR_GOOD)


def _kept_to(token, path, account_kind, kind):
    if kind != "api" and token.member("scopes"):
        yield Problem(token.line, f"{path}.scopes", "only API tokens have scopes.")
    if (account_kind, kind) != ("main", "api") and token.member("accounts"):
        yield Problem(token.line, f"{path}.accounts", NOT_KEPT)


def _networks(account, path):
    for part in ("tokens", "shared_tokens"):
        for number, token in enumerate(account.members(part)):
            for place, node in enumerate(token.members("networks")):
                others = [each.value for each in token.members("networks")[:place]]
                message = _wrong_network(node.value, others)
                if message:
                    inside = f"{path}.{part}[{number}].networks[{place}]"
                    yield Problem(node.line, inside, message)


def _wrong_network(value, others):
    # What is no text is told by the schema.
    texts = [each for each in others if isinstance(each, str)]
    return why_wrong(value, texts) if isinstance(value, str) else ""


def _misplaced(account_kind, kind):
    return f"a {account_kind} account has no {kind} tokens."


def _links(account, path):
    known = {_filter_key(each) for each in account.members("filters")}
    for number, token in enumerate(account.members("shared_tokens")):
        inside = f"{path}.shared_tokens[{number}]"
        yield from _choice(token, inside)
        for place, narrowing in enumerate(token.members("filters")):
            if _filter_key(narrowing) not in known:
                words = [": ".join(each) for each in known]
                near = closest(": ".join(_filter_key(narrowing)), words)
                message = f"is not among the filters of its account.{near}"
                yield Problem(narrowing.line, f"{inside}.filters[{place}]", message)


def _choice(token, path):
    everything = token.member("shows_everything")
    filters, shows = token.member("filters"), bool(everything and everything.value)
    if filters is None and everything is None:
        return
    if bool(token.members("filters")) == shows:
        message = "needs filters, or shows_everything: true, and not both."
        yield Problem(token.line, path, message)


def _secret_names(accounts):
    seen = {}
    for number, account in enumerate(accounts):
        for part in ("tokens", "shared_tokens"):
            for place, token in enumerate(account.members(part)):
                secret = token.member("secret")
                name = secret.text("name") if secret else ""
                known = seen.setdefault(name, secret) if name else secret
                if known is not secret:
                    path = f"accounts[{number}].{part}[{place}].secret.name"
                    message = f"is the same as in line {known.line}."
                    yield Problem(secret.line, path, message)

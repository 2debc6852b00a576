"""Everything that a source tells of an organisation, read before anything is moved."""

from dataclasses import dataclass, field
from enum import StrEnum

from importing import schemas
from importing.source import DeniedError, NonsenseError, SourceError

ACCOUNTS = "/v1/account-management/time-based-accounts"
METRICS = "/v1/account-management/metrics-accounts"
PEOPLE = "/v1/user-management/recursive"
ASSOCIATED = "/v1/associated-accounts"
SHARES = "/v1/shared-tokens"
OWN = "/api/v1/tokens?limit=200"
# Accounts of which the API tells no more than their names.
UNTOLD = {
    "TRACING_ACCOUNT": "tracing account",
    "SECURITY_ACCOUNT": "security account",
    "TIMELESS_INDEX": "timeless account",
    "RESTORE_ACCOUNT": "restore account",
}
NOT_MAIN = "This is not the API token of a main account over there"


class ImportOutcome(StrEnum):
    NEW = "new"
    THERE = "there"
    LEFT_OUT = "left out"
    REFUSED = "refused"


@dataclass(frozen=True)
class ReportLine:
    """The outcome for one thing, or why there is none."""

    outcome: ImportOutcome
    what: str
    why: str = ""


@dataclass(frozen=True)
class Contents:
    """The contents of one account, as its API token shows them."""

    log_tokens: list
    filters: list
    shares: list


@dataclass(frozen=True)
class Inventory:
    """`lines` tells of what was found and cannot move."""

    main: schemas.LogAccount
    subs: list
    views: dict
    metrics: list
    people: list
    lines: list
    contents: dict = field(default_factory=dict)

    @property
    def accounts(self):
        """The accounts that can move, by their ids over there."""
        known = (self.main, *self.subs, *self.metrics)
        return {account.account_id: account for account in known}


class ListReader:
    """Reads lists with one token; what cannot be read becomes a line."""

    def __init__(self, source, token, lines, place=""):
        self.source, self.token, self.lines, self.place = source, token, lines, place

    def all(self, model, path, what):
        return self.parsed(model, what, self._rows, path)

    def log_tokens(self):
        return self.parsed(schemas.LogToken, "log token", self._log_token_rows)

    def parsed(self, model, what, ask, *arguments):
        """Return what the source gives to this token, without what makes no sense."""
        try:
            rows = ask(*arguments)
        except DeniedError as error:
            self._note(ImportOutcome.LEFT_OUT, f"each {what}", str(error))
            return []
        return [thing for row in rows if (thing := self._read(model, row, what))]

    def _rows(self, path):
        rows = self.source.get(path, self.token)
        if not isinstance(rows, list):
            raise NonsenseError(f"The answer to {path} is not a list.")
        return rows

    def _log_token_rows(self):
        return [
            row
            for enabled in (True, False)
            for row in self.source.log_tokens(self.token, enabled=enabled)
        ]

    def _read(self, model, row, what):
        try:
            return schemas.read(model, row)
        except ValueError as error:
            known = row if isinstance(row, dict) else {}
            number = known.get("id") or known.get("accountId") or "without an id"
            self._note(ImportOutcome.REFUSED, f"{what} {number}", str(error))
            return None

    def _note(self, outcome, what, why):
        self.lines.append(ReportLine(outcome, what + self.place, why))


def take_stock(source, token):
    """Return what the main account's token shows; the contents are still shut."""
    owner, lines = owner_of(source, token), []
    reader = ListReader(source, token, lines)
    accounts = reader.all(schemas.LogAccount, ACCOUNTS, "account")
    mains = [each for each in accounts if each.account_id == owner.account_id]
    if not mains:
        raise SourceError(f"{NOT_MAIN}, or the source tells nothing of it.")
    detailed = reader.all(schemas.Detailed, f"{ACCOUNTS}/detailed", "default token")
    lines += _untold(reader.all(schemas.AssociatedAccount, ASSOCIATED, "account"))
    metrics = reader.all(schemas.MetricsAccount, METRICS, "metrics account")
    known = _known(source, token, "&kind=metrics") if metrics else []
    tokens = {row.account_id: row for row in known}
    for each in metrics:
        each.learn(tokens.get(each.account_id))
    found = Inventory(
        main=mains[0],
        subs=[each for each in accounts if each is not mains[0]],
        views={each.account.account_id: each.account for each in detailed},
        metrics=metrics,
        people=reader.all(schemas.Person, PEOPLE, "person"),
        lines=lines,
    )
    lines += _homeless(found)
    return found


def owner_of(source, token):
    """Return whose a token is."""
    try:
        return schemas.read(schemas.Owner, source.get("/v2/whoami", token))
    except ValueError as error:
        raise SourceError(f"The answer to /v2/whoami makes no sense: {error}") from None


def open_contents(source, token, account, lines):
    """Return the log tokens, filters and shared tokens of the account of a token."""
    reader = ListReader(source, token, lines, place=f" of {account.account_name}")
    shares = reader.all(schemas.SharedToken, SHARES, "shared token")
    log_tokens = reader.log_tokens()
    things = [*log_tokens, *shares]
    asked = f"&account={account.account_id}"
    known = {row.id: row for row in _known(source, token, asked)} if things else {}
    for each in things:
        each.learn(known.get(each.id))
    return Contents(
        log_tokens=log_tokens,
        filters=reader.all(schemas.QueryFilter, f"{SHARES}/filters", "filter"),
        shares=shares,
    )


def _known(source, token, asked):
    """Return what a Tollgate knows of tokens beyond what Logz.io does."""
    # What cannot be read here is no part of what moves: nobody is told of it.
    reader = ListReader(source, token, lines=[])
    try:
        return reader.parsed(
            schemas.KnownToken, "token", source.pages, f"{OWN}{asked}", token
        )
    except (DeniedError, NonsenseError):
        return []


def _untold(accounts):
    why = "the API of the source tells neither its size nor its token"
    return [
        ReportLine(
            ImportOutcome.LEFT_OUT, f"{UNTOLD[each.type]} {each.account_name}", why
        )
        for each in accounts
        if each.type in UNTOLD
    ]


def _homeless(found):
    return [
        ReportLine(
            ImportOutcome.LEFT_OUT,
            f"person {each.username} of account {each.account_id}",
            "the account cannot move",
        )
        for each in found.people
        if each.account_id not in found.accounts
    ]

"""Log tokens, filters and shared tokens, which only an account's own API token shows."""

from datetime import UTC, datetime

from importing.inventory import ImportOutcome, ReportLine, open_contents, owner_of
from importing.source import SourceError
from importing.steps import StepKey

SHUT = (
    "other log tokens, filters and shared tokens need an API token of the account: on "
    "a further line of standard input, or by --make-api-tokens"
)


class AccountContents:
    """The contents of accounts over there, as far as there is an API token for each.

    Where there is none, it is made over there when that is wanted. The report is told
    of it, and knows whose things are all here already.
    """

    makes_keys = False

    def __init__(self, source, token, report, *, dry_run):
        self.source, self.token, self.report = source, token, report
        self.dry_run = dry_run
        self.keys = {}
        self.made = []

    def add_key(self, token):
        """Use an API token for the account that it is of."""
        self.keys[owner_of(self.source, token).account_id] = token

    def open(self, account, inventory):
        """Put what is in an account into the inventory."""
        place = account.account_id
        token = self.keys.get(place) or self._make(account, inventory.lines)
        if token:
            inventory.contents[place] = open_contents(
                self.source, token, account, inventory.lines
            )

    def lock(self, refused):
        """Tell the report which accounts need no API token again."""
        for account in self.made:
            if account.account_id not in refused:
                line = ReportLine(ImportOutcome.NEW, f"all of {account.account_name}")
                self.report.add(_finished(account), line, here=account.account_id)

    def _make(self, account, lines):
        if str(_finished(account)) in self.report.done:
            return None
        if not self.makes_keys:
            rest = f"the rest of {account.account_name}"
            lines.append(ReportLine(ImportOutcome.LEFT_OUT, rest, SHUT))
            return None
        label = f"Tollgate import {datetime.now(UTC):%Y-%m-%d %H.%M.%S}"
        what = f"API token {label} of {account.account_name}, over there"
        if self.dry_run:
            why = "to read the rest of the account with"
            lines.append(ReportLine(ImportOutcome.NEW, what, why))
            return None
        return self._mint(account, label, what, lines)

    def _mint(self, account, label, what, lines):
        place = account.account_id
        try:
            token = self.source.mint(self.token, account=place, name=label)
        except SourceError as error:
            why = f"{error} It may be there all the same."
            lines.append(ReportLine(ImportOutcome.REFUSED, what, why))
            return None
        self.made.append(account)
        line = ReportLine(ImportOutcome.NEW, what, "delete it when everything is here")
        self.report.add(StepKey("api_token", place), line)
        lines.append(line)
        return token


def _finished(account):
    return StepKey("all", account.account_id)

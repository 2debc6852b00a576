"""Where things move in, and what those from over there are called here."""

from dataclasses import dataclass, field

from accounts.audit.trail import Actor, record
from accounts.models import Account, Action, AuditEvent, Organisation
from accounts.rule_violations import RuleViolation
from importing.inventory import ImportOutcome
from tokens.models import StoredSecret


@dataclass(frozen=True)
class Done:
    """The result of a step: the id here, and a detail for people."""

    outcome: ImportOutcome
    here: int
    detail: str = ""


@dataclass
class Target:
    """`accounts` and `filters` give the ids here by what they are over there.

    Without an organisation the main account founds one, called `new_name`.
    """

    by: Actor
    origin: str = ""
    organisation: Organisation | None = None
    new_name: str = ""
    plan: str = ""
    send_mails: bool = False
    unfiltered: bool = False
    accounts: dict = field(default_factory=dict)
    filters: dict = field(default_factory=dict)

    def head(self, inventory):
        """Return what a report begins with, to be gone on with by the same move only."""
        return {
            "source": self.origin,
            "account": inventory.main.account_id,
            "into": self.organisation and self.organisation.pk,
        }

    @property
    def home(self):
        """The organisation; raises RuleViolation when the main account is not here."""
        if self.organisation is None:
            raise RuleViolation("main_missing", "The main account is not here.")
        return self.organisation

    def note(self, key, here):
        """Remember what became of an account or a filter."""
        if key.kind == "account":
            self.accounts[key.place] = here
            self.organisation = (
                self.organisation or self.account(key.place).organisation
            )
        elif key.kind == "filter":
            self.filters[key.place, key.number] = here

    def account(self, there):
        """Return the account that one from over there became; raises RuleViolation."""
        accounts = Account.objects.not_deleted().select_related("organisation")
        found = accounts.filter(pk=self.accounts.get(there)).first()
        if found is None:
            raise RuleViolation(
                "account_missing", f"Account {there} of over there is not here."
            )
        return found

    def arrived(self, there):
        """Return the account that moved in from there before, or None.

        The audit trail knows of it, whatever became of the report.
        """
        events = AuditEvent.objects.filter(
            action=Action.ACCOUNT_IMPORTED,
            account__deleted_at=None,
            data__moved_in_from=self.origin,
            data__id_there=there,
        )
        if self.organisation:
            events = events.filter(organisation=self.organisation)
        event = events.select_related("account").order_by("-pk").first()
        return event and event.account

    def arrive(self, account, there):
        """Let the audit trail know where an account comes from."""
        record(
            Action.ACCOUNT_IMPORTED,
            by=self.by,
            account=account,
            target=account.name,
            moved_in_from=self.origin,
            id_there=there,
        )


def held(account, kind, secret):
    """Return the account's token that has a secret, or None when nothing has it.

    Raises RuleViolation when it opens something else here.
    """
    rows = StoredSecret.objects.matching(secret).select_related("token")
    token = next((row.token for row in rows), None)
    if token and (token.account_id, token.kind) != (account.pk, kind):
        raise RuleViolation(
            "secret_taken",
            f"Its secret is here already, as token {token.pk} of account "
            f"{token.account_id}.",
        )
    return token

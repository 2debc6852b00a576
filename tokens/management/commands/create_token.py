from datetime import timedelta

from django.utils import timezone

from accounts.argument_types import MOST_DAYS, whole
from accounts.console import OperatorCommand, find_account
from accounts.rule_violations import RuleViolation
from accounts.scopes import EVERYTHING_SCOPE, SCOPES, as_scopes
from tokens.kinds import OF_INSTALLATION, Kind
from tokens.limits import MOST_CALLS, check_offered
from tokens.models import Token
from tokens.secret_response import print_out

# Shared tokens are made with their filters, on the page; the others come with accounts.
KINDS = (Kind.API, Kind.LOGS, *OF_INSTALLATION)


class Command(OperatorCommand):
    help = "Create a token; its secret is printed on standard output, nothing else is."

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument("--kind", choices=[*map(str, KINDS)], default=Kind.API)
        parser.add_argument(
            "--account",
            type=whole(),
            help="id of the account; gateways and scanners have none",
        )
        parser.add_argument("--note", default="", help="what it is for")
        parser.add_argument(
            "--scope",
            action="append",
            choices=[EVERYTHING_SCOPE, *SCOPES],
            metavar="SCOPE",
            help="what an API token may do, once for each; without it everything. One "
            f"of {', '.join(SCOPES)}",
        )
        parser.add_argument(
            "--only-account",
            action="append",
            type=whole(),
            metavar="ID",
            help="an account that the main account's API token is kept to",
        )
        parser.add_argument(
            "--network",
            action="append",
            default=[],
            help="where it may be used: an address or CIDR; several times for several",
        )
        parser.add_argument(
            "--calls-per-minute",
            type=whole(1, MOST_CALLS),
            help="how often it may be used",
        )
        parser.add_argument("--expires-in", type=whole(1, MOST_DAYS), metavar="DAYS")

    def handle(self, *, name, kind, account, note, expires_in, **options):
        if (account is None) != (kind in OF_INSTALLATION):
            raise RuleViolation(
                "account",
                "Give an --account, except for the token of a gateway or a scanner, "
                "which has none.",
            )
        account = None if account is None else find_account(account)
        if account:
            check_offered(account, kind)
        token, secret = Token.issue(
            account=account,
            kind=Kind(kind),
            name=name,
            note=note,
            expires_at=expires_in and timezone.now() + timedelta(days=expires_in),
            scopes=as_scopes(options["scope"] or [EVERYTHING_SCOPE]),
            accounts=options["only_account"],
            networks=options["network"],
            calls_per_minute=options["calls_per_minute"],
            by=self.by,
        )
        self.stderr.write(f"Created {token.get_kind_display()} {token.pk}: {token}.")
        print_out(secret, self.stdout)

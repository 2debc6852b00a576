from accounts.argument_types import gigabytes, whole
from accounts.console import OperatorCommand, find_organisation
from accounts.lifecycle import open_account
from accounts.models import Account, AccountKind

# What of the command line belongs to which kind of account.
SIZES = {
    AccountKind.SUB: ("max_daily_gb", "retention_days"),
    AccountKind.METRICS: ("plan_uts",),
    AccountKind.TRACING: ("monthly_spans",),
    AccountKind.SECURITY: (),
}


class Command(OperatorCommand):
    help = "Create a child account with its shipping token; prints the account's id."

    def add_arguments(self, parser):
        parser.add_argument("organisation", type=whole(), help="id of the organisation")
        parser.add_argument("name")
        parser.add_argument(
            "--kind", choices=[kind.value for kind in SIZES], default=AccountKind.SUB
        )
        parser.add_argument("--max-daily-gb", type=gigabytes, help="of a sub account")
        parser.add_argument("--retention-days", type=whole(), help="of a sub account")
        parser.add_argument("--plan-uts", type=whole(), help="of a metrics account")
        parser.add_argument(
            "--monthly-spans", type=whole(), help="of a tracing account"
        )

    def handle(self, *, organisation, name, kind, **options):
        organisation = find_organisation(organisation)
        fields = {
            field: options[field] for field in SIZES[kind] if options[field] is not None
        }
        for field, value in {"name": name, **fields}.items():
            Account._meta.get_field(field).clean(value, None)
        account = open_account(organisation, kind=kind, name=name, by=self.by, **fields)
        self.stderr.write(f"Created {account.get_kind_display()} account {account.pk}.")
        self.stdout.write(str(account.pk))

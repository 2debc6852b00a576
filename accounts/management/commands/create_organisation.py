from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.argument_types import MOST_DAYS, gigabytes, whole
from accounts.console import OperatorCommand
from accounts.lifecycle import edit_account, found_organisation
from accounts.models import NAME_PATTERN, Account
from accounts.plans import Plan
from accounts.rule_violations import RuleViolation

WARM_DAYS = "snap_search_retention_days"


class Command(OperatorCommand):
    help = "Create an organisation with its main account; prints the account's id."

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument("--plan", choices=Plan.values, default=Plan.COMMUNITY)
        parser.add_argument(
            "--trial-days", type=whole(1, MOST_DAYS), help="let a trial run so long"
        )
        parser.add_argument("--daily-gb", type=gigabytes, default=10)
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument(
            "--flexible", action="store_true", help="accounts share volume"
        )
        mode.add_argument(
            "--consumption", action="store_true", help="accounts have usage limits"
        )
        parser.add_argument(
            "--warm-days",
            type=whole(0, MOST_DAYS),
            help="days of the main account in a warm tier",
        )

    def handle(self, *, name, plan, trial_days, daily_gb, warm_days, **options):
        if not NAME_PATTERN.fullmatch(name):
            raise RuleViolation(
                "name",
                "Use letters, digits, dashes, dots, underscores and spaces only.",
            )
        Account._meta.get_field(WARM_DAYS).clean(warm_days, None)
        ends = trial_days and timezone.now() + timedelta(days=trial_days)
        with transaction.atomic():
            main = found_organisation(
                name=name,
                plan=plan,
                trial_ends_at=ends,
                daily_gb=daily_gb,
                is_flexible=options["flexible"],
                is_consumption=options["consumption"],
                warm_tier=warm_days is not None,
                by=self.by,
            )
            if warm_days is not None:
                edit_account(main, by=self.by, **{WARM_DAYS: warm_days})
        self.stderr.write(
            f"Created organisation {main.organisation_id} with main account {main.pk}."
        )
        self.stdout.write(str(main.pk))

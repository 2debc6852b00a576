from datetime import timedelta

from django.utils import timezone

from accounts.console import OperatorCommand
from accounts.lifecycle import found_organisation
from accounts.models import NAME_PATTERN
from accounts.plans import Plan
from accounts.refusals import Refused


class Command(OperatorCommand):
    help = "Create an organisation with its main account; prints the account's id."

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument("--plan", choices=Plan.values, default=Plan.COMMUNITY)
        parser.add_argument("--trial-days", type=int, help="let a trial run so long")
        parser.add_argument("--daily-gb", type=float, default=10)

    def handle(self, *, name, plan, trial_days, daily_gb, **options):
        if not NAME_PATTERN.fullmatch(name):
            raise Refused(
                "name",
                "Use letters, digits, dashes, dots, underscores and spaces only.",
            )
        ends = trial_days and timezone.now() + timedelta(days=trial_days)
        main = found_organisation(
            name=name, plan=plan, trial_ends_at=ends, daily_gb=daily_gb, by=self.by
        )
        self.stderr.write(
            f"Created organisation {main.organisation_id} with main account {main.pk}."
        )
        self.stdout.write(str(main.pk))

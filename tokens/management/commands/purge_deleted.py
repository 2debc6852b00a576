from django.db import transaction

from accounts import hooks
from accounts.console import OperatorCommand
from accounts.locks import repeated
from accounts.models import Action, RecordedCall
from accounts.models.accounts import RESTORABLE_DAYS
from tokens.limits import locked_account
from tokens.models import Token, TokenUsage


class Command(OperatorCommand):
    help = (
        f"Remove tokens that were deleted more than {RESTORABLE_DAYS} days ago, "
        "counts of calls that are older than 90 days and idempotency keys of yesterday; "
        "run it every day."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *, dry_run, **options):
        tokens = Token.objects.purgeable().select_related("account").order_by("pk")
        if dry_run:
            self.stdout.write(f"{tokens.count()} tokens would be purged.")
            return
        purged = sum(self.purge(token) for token in tokens)
        self.stdout.write(f"Purged {purged} tokens.")
        counts = TokenUsage.objects.purge()
        self.stdout.write(f"Purged {counts} counts of calls.")
        keys, _ = RecordedCall.objects.forgettable().delete()
        self.stdout.write(f"Purged {keys} idempotency keys.")
        for purge in hooks.purges:
            self.stdout.write(f"Purged {purge()}.")

    @repeated
    def purge(self, token):
        with transaction.atomic(), locked_account(token.account):
            # It may have been purged meanwhile, by another run.
            if not Token.objects.purgeable().filter(pk=token.pk).exists():
                return 0
            token.record(Action.TOKEN_PURGED, self.by)
            token.delete()
        return 1

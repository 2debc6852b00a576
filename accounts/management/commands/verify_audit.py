from django.core.management.base import CommandError

from accounts.audit.trail import verify
from accounts.console import OperatorCommand
from accounts.models import AuditChain


class Command(OperatorCommand):
    help = "Recompute every chain of audit events; exit code 1 when one is broken."

    def handle(self, **options):
        broken = []
        chains = AuditChain.objects.select_related("organisation").order_by("pk")
        for chain in chains:
            place = verify(chain)
            if place is None:
                self.stdout.write(f"The {chain} is whole: {chain.sequence:,} events.")
            else:
                broken.append(f"The {chain} is broken at event {place:,}.")
        if broken:
            raise CommandError(" ".join(broken))

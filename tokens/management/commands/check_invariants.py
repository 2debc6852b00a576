from django.core.management.base import CommandError

from accounts.console import OperatorCommand
from tokens.invariants import INVARIANTS


class Command(OperatorCommand):
    help = "Check what must always hold; exit code 1 when something does not."

    def handle(self, **options):
        violations = 0
        for invariant in INVARIANTS:
            found = list(invariant())
            violations += len(found)
            name = invariant.__name__.replace("_", " ")
            self.stdout.write(f"{name}: {'broken' if found else 'holds'}")
            for sentence in found:
                self.stdout.write(f"  {sentence}")
        if violations:
            raise CommandError(f"{violations} violations.")

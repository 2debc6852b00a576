from django.core.management.base import CommandError

from accounts.console import OperatorCommand
from accounts.snapshots import snapshot
from tokens.invariants import INVARIANTS


class Command(OperatorCommand):
    help = "Check what must always hold; exit code 1 when something does not."

    def handle(self, **options):
        with snapshot():
            violations = sum(map(self.check_one, INVARIANTS))
        if violations:
            raise CommandError(f"{violations} violations.")

    def check_one(self, invariant):
        """Say what violates an invariant; returns how many do."""
        found = list(invariant())
        name = invariant.__name__.replace("_", " ")
        self.stdout.write(f"{name}: {'broken' if found else 'holds'}")
        for sentence in found:
            self.stdout.write(f"  {sentence}")
        return len(found)

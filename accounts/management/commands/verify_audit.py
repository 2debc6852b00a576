from django.core.management.base import CommandError

from accounts.audit.anchoring import targets
from accounts.audit.anchors import heads
from accounts.audit.comparison import add_anchors, read_anchors
from accounts.audit.trail import broken_at, verify_all
from accounts.console import OperatorCommand
from accounts.snapshots import snapshot


class Command(OperatorCommand):
    help = (
        "Recompute every chain of audit events as it is at one moment, compare it with "
        "its anchors, and anchor it again; exit code 1 when something does not fit."
    )

    def add_arguments(self, parser):
        add_anchors(parser)

    def handle(self, *, anchors, **options):
        # Before the chains: what is anchored meanwhile is of events that come later.
        anchored = read_anchors(anchors)
        with snapshot():
            broken, whole = self.verify_chains()
            changed, lacking = anchored.compare()
            sound = [anchor for anchor in heads() if anchor.chain in whole]
        self.tell_of(anchored)
        self.anchor(sound)
        if wrong := [*broken, *changed, *lacking, *anchored.wrong]:
            raise CommandError(" ".join(wrong))

    def verify_chains(self):
        """Return sentences about broken chains, and the ids of those that are whole."""
        broken, whole = [], set()
        for chain, place in verify_all():
            if place is None:
                whole.add(chain.pk)
                self.stdout.write(f"The {chain} is whole: {chain.sequence:,} events.")
            else:
                broken.append(broken_at(chain, place))
        return broken, whole

    def tell_of(self, anchored):
        if anchored.count:
            self.stdout.write(f"Compared them with {anchored.count:,} anchors.")
        if anchored.skipped:
            self.stderr.write(
                f"Left {anchored.skipped:,} anchors out, which were signed with keys that "
                "are not configured."
            )

    def anchor(self, sound):
        for target in targets():
            try:
                target.write(sound)
            except OSError as error:
                raise CommandError(f"Anchors cannot be written: {error}.") from error

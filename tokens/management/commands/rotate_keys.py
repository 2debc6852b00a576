import time
from itertools import batched

from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils import timezone

from accounts import hooks
from accounts.argument_types import whole
from accounts.audit.trail import record, verify_all
from accounts.console import OperatorCommand
from accounts.crypto import reencryption
from accounts.crypto.keys import KEY_SETTINGS, keyring
from accounts.models import Action, AuditChain
from accounts.snapshots import snapshot
from tokens.reencryption import check_secrets, old_secrets, renew_batch

PAUSE_SECONDS = 0.05


class Command(OperatorCommand):
    help = (
        "Move everything to the first key of a list, in small batches while the portal "
        "runs, then check every row. It can be stopped and started at any time."
    )

    def add_arguments(self, parser):
        parser.add_argument("--purpose", choices=KEY_SETTINGS, required=True)
        parser.add_argument(
            "--batch", type=whole(1), default=500, help="rows at a time"
        )
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--dry-run", action="store_true", help="count only")
        only.add_argument("--verify-only", action="store_true", help="check only")

    def handle(self, *, purpose, batch, dry_run, verify_only, **options):
        if dry_run:
            self.stdout.write(f"{self.count(purpose):,} rows are under an old key.")
            return
        if not verify_only:
            reencryption.require_ready(purpose)
            self.renew(purpose, batch)
        self.verify(purpose)
        if not verify_only:
            self.retire(purpose)

    @property
    def is_shy(self):
        """Whether other writers get no turn unless this one pauses."""
        return connection.vendor == "sqlite"

    def count(self, purpose):
        if purpose == "audit":
            return sum(chain.sequence for chain in reencryption.old_chains())
        others = [len(each.old()) for each in self.envelopes(purpose)]
        return old_secrets().count() + sum(others)

    def envelopes(self, purpose):
        return hooks.sealed_rows if purpose == "enc" else []

    def renew(self, purpose, batch):
        if purpose == "audit":
            self.renew_chains()
            return
        for each in self.envelopes(purpose):
            for some in batched(each.old(), batch):
                self.renew_envelopes(each, some)
        self.renew_secrets(purpose, batch)

    def renew_secrets(self, purpose, batch):
        after = 0
        while old_secrets().exists():
            with transaction.atomic():
                done = renew_batch(after, batch)
                self.note(purpose, len(done))
            # From the start again, for what others held when their turn was.
            after = done[-1] if done else 0
            time.sleep(PAUSE_SECONDS if self.is_shy or not done else 0)

    def renew_envelopes(self, each, pks):
        with transaction.atomic():
            self.note("enc", each.renew(pks))

    def renew_chains(self):
        for chain in reencryption.old_chains():
            self.stderr.write(f"Signing the {chain} anew.")
            reencryption.renew_chain(chain)
        self.note("audit", AuditChain.objects.count())

    def note(self, purpose, rows):
        if rows:
            kid = keyring(purpose).active.kid
            record(
                Action.KEYS_ROTATED,
                by=self.by,
                target=f"{KEY_SETTINGS[purpose]} {kid}",
                rows=rows,
            )

    def verify(self, purpose):
        if purpose == "audit":
            with snapshot():
                verified = list(verify_all())
            wrong = [str(chain) for chain, place in verified if place is not None]
            count = len(verified)
        else:
            count, wrong = check_secrets()
            count += sum(each.check() for each in hooks.sealed_rows)
        if wrong:
            named = ", ".join(map(str, wrong[:10]))
            raise CommandError(f"{len(wrong)} of {count} rows are wrong: {named}.")
        self.stdout.write(f"Checked {count:,} rows: every one is sound.")

    def retire(self, purpose):
        if self.count(purpose):
            raise CommandError("Rows under an old key were added meanwhile: run again.")
        kids = reencryption.retire(purpose, timezone.now())
        gone = ", ".join(f"key {kid}" for kid in kids)
        self.stdout.write(f"Take {gone} out of {KEY_SETTINGS[purpose]} and restart.")

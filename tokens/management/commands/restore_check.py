from django.apps import apps
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import Max

from accounts import hooks
from accounts.audit.comparison import add_anchors, read_anchors
from accounts.audit.trail import broken_at, verify_all
from accounts.backups import (
    BackupError,
    count_rows,
    damage,
    is_unchanged,
    read_notes,
)
from accounts.console import OperatorCommand, refuse_wrong_keys
from accounts.management.commands.serve import Command as Serve
from accounts.rule_violations import Unavailable
from accounts.snapshots import snapshot
from tokens.reencryption import check_secrets, check_some_secrets

OLDER = 3
SAMPLE = 100
SEQUENCE = "SELECT pg_get_serial_sequence(%s, %s)"
STANDS_AT = "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {}"


class Command(OperatorCommand):
    help = (
        "Look whether a restored database is whole, before it is served: file, schema, "
        "keys, secrets, ids, audit trail, rows. Changes nothing. Exit code 0 when it is, "
        "1 when it is not, 3 when it is but lacks what was anchored later, 78 when a key "
        "is missing."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--notes", metavar="FILE.json", help="what `backup` wrote beside its file"
        )
        add_anchors(parser)
        parser.add_argument(
            "--all",
            action="store_true",
            help=f"open every secret, not {SAMPLE} of them",
        )

    def check_keys(self):
        refuse_wrong_keys()

    def handle(self, *, notes, anchors, **options):
        self.wrong, kept = [], read(notes) if notes else None
        self.require_whole_file(kept)
        Serve().require_migrated()
        self.stdout.write("The schema is this version's, and the keys fit.")
        anchored = read_anchors(anchors)
        noted = self.take_in(kept, notes, anchored) if kept else {}
        with snapshot():
            self.check_secrets(options["all"])
            self.check_ids()
            self.check_rows(noted)
            lacking = self.check_trail(anchored)
        self.conclude(lacking)

    def require_whole_file(self, kept):
        if connection.vendor != "sqlite":
            return
        if kept and is_unchanged(connection, kept):
            # Its pages and indexes were checked when it was made.
            self.stdout.write("The database's file is the backup, byte by byte.")
            return
        with connection.cursor() as cursor:
            if found := damage(cursor):
                raise CommandError(f"The database is damaged: {found}.")
        self.stdout.write("The database's file is whole.")

    def take_in(self, kept, path, anchored):
        """Return the rows that a backup had, and take in the heads of its chains."""
        for number, line in enumerate(kept["anchors"], start=1):
            anchored.read_line(line, f"Anchor {number} of {path}")
        self.stdout.write(f"The backup is of {kept['made_at']}.")
        return kept["rows"]

    def check_secrets(self, every):
        count, wrong = check_secrets() if every else check_some_secrets(SAMPLE)
        if every:
            count += self.count_sealed()
        self.stdout.write(f"Opened {count:,} secrets.")
        if wrong:
            named = ", ".join(map(str, wrong[:10]))
            self.wrong.append(f"{len(wrong):,} secrets do not open: {named}.")

    def count_sealed(self):
        """Open what is encrypted besides the secrets of tokens; returns how many."""
        try:
            return sum(each.check() for each in hooks.sealed_rows)
        except Unavailable as reason:
            self.wrong.append(f"Something encrypted does not open: {reason.message}")
            return 0

    def check_ids(self):
        """An id that was given must not be given again."""
        if connection.vendor != "postgresql":
            return
        behind = [table for table in map(_behind, _numbered()) if table]
        if behind:
            self.wrong.append(
                f"Ids would be given again in {', '.join(behind)}: "
                "`manage.py sqlsequencereset APP` says how to mend it."
            )

    def check_rows(self, noted):
        rows = count_rows()
        self.stdout.write(
            f"It has {sum(rows.values()):,} rows: {rows['tokens.Token']:,} tokens in "
            f"{rows['accounts.Account']:,} accounts of "
            f"{rows['accounts.Organisation']:,} organisations, "
            f"{rows['accounts.User']:,} people."
        )
        self.wrong += [
            f"It has {rows[name]:,} rows of {name}, and the backup had {count:,}."
            for name, count in noted.items()
            if rows.get(name, count) < count
        ]

    def check_trail(self, anchored):
        """Verify the chains of audit events; returns sentences about what they lack."""
        verified = list(verify_all())
        self.wrong += [broken_at(*found) for found in verified if found[1] is not None]
        changed, lacking = anchored.compare()
        self.wrong += [*changed, *anchored.wrong]
        self.stdout.write(
            f"Verified {len(verified):,} chains of audit events, and compared them with "
            f"{anchored.count:,} anchors."
        )
        return lacking

    def conclude(self, lacking):
        if self.wrong:
            raise CommandError(" ".join([*self.wrong, *lacking]))
        if lacking:
            raise CommandError(
                " ".join(["It is whole, and older than its anchors.", *lacking]),
                returncode=OLDER,
            )
        self.stdout.write("It is whole.")


def read(notes):
    """Return what `backup` wrote beside its file; raises CommandError."""
    try:
        return read_notes(notes)
    except BackupError as reason:
        raise CommandError(str(reason)) from reason


def _numbered():
    """Yield the models whose ids the database gives."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and model._meta.auto_field:
            yield model


def _behind(model):
    """Return a model's table if its next id is one that a row has already."""
    table, column = model._meta.db_table, model._meta.auto_field.column
    most = model._base_manager.aggregate(most=Max(column))["most"]
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCE, [f'"{table}"', column])
        (sequence,) = cursor.fetchone()
        cursor.execute(STANDS_AT.format(sequence))
        (last,) = cursor.fetchone()
    return table if most and most > last else None

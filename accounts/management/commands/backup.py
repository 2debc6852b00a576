from pathlib import Path

from django.core.management.base import CommandError

from accounts.backups import BackupError, back_up, notes_of
from accounts.console import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Copy the database to a new file while the portal runs, and write beside it what "
        "is in it, for restore_check. The keys are in neither: keep them elsewhere."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="must not be there yet")

    def handle(self, *, file, **options):
        path = file.absolute()
        try:
            contents = back_up(path)
        except BackupError as reason:
            raise CommandError(str(reason)) from reason
        rows = sum(contents["rows"].values())
        self.stdout.write(
            f"Wrote {path}: {contents['bytes']:,} bytes, {rows:,} rows, read again and "
            f"found whole. {notes_of(path).name} beside it says what is in it."
        )
        self.stdout.write("The keys are not in it: keep a copy of them elsewhere.")

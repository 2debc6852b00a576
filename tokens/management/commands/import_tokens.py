from django.core.management.base import CommandError
from django.db import transaction

from accounts.console import OperatorCommand, typed
from accounts.rule_violations import RuleViolation
from tokens.importing import read, take_over


class Command(OperatorCommand):
    help = (
        "Take over tokens with their secrets, from CSV with a header or from JSON "
        "lines: account, kind, name, secret, and if wanted note, created_at, "
        "created_by, expires_at, disabled, and of API tokens scopes and accounts, with "
        "spaces between. Reports each row by its number; shows no secret."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", default="-", help="- is standard input")
        parser.add_argument("--format", choices=["csv", "jsonl"], default="csv")
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would happen"
        )

    def handle(self, *, file, format, dry_run, **options):  # noqa: A002 -- the option's name
        failed = 0
        for number, row in self.rows(file, format):
            try:
                self.stdout.write(f"row {number}: {self.take(row, dry_run=dry_run)}")
            except RuleViolation as refusal:
                failed += 1
                self.stdout.write(f"row {number}: refused: {refusal.message}")
        if failed:
            raise CommandError(f"{failed} rows were refused.")

    def rows(self, file, form):
        try:
            text = typed(whole_text=True) if file == "-" else _text(file)
            return list(enumerate(read(text, form), start=1))
        except (OSError, ValueError) as error:
            raise CommandError(f"{file} cannot be read: {error}.") from error

    def take(self, row, *, dry_run):
        with transaction.atomic():
            token = take_over(row, by=self.by)
            if dry_run:
                transaction.set_rollback(True)
        verb = "would import" if dry_run else f"imported token {token.pk},"
        return f"{verb} {token.kind} {token.masked}"


def _text(file):
    with open(file, encoding="utf-8-sig") as stream:
        return stream.read()

import os
import re
import sys
from collections import Counter
from contextlib import closing, contextmanager, nullcontext

import click
from django.core.management.base import CommandError
from django.db import transaction

from accounts.argument_types import whole
from accounts.console import OperatorCommand, find_organisation, typed
from accounts.models import NAME_PATTERN
from accounts.plans import Plan
from importing.account_contents import AccountContents
from importing.inventory import ImportOutcome, take_stock
from importing.report import Rehearsal, Report, ReportError
from importing.run import Run
from importing.source import Source, SourceError
from importing.steps import steps
from importing.target import Target

# EX_TEMPFAIL of sysexits.h: the same command goes on where this one stopped.
TRY_AGAIN = 75
TOKEN = re.compile("[!-~]{1,200}")
FLAGS = {
    "dry-run": "show what would happen; change nothing, here or over there",
    "make-api-tokens": "have an API token made over there for each sub account, to "
    "read its log tokens, shared tokens and filters",
    "send-mails": "mail people that they were added, with a link to choose a password",
    "unfiltered": "take over shared tokens without filters, which show everything",
    "plain-http": "let tokens travel unencrypted",
}


class Command(OperatorCommand):
    help = (
        "Move an organisation in from another Logz.io-compatible server, by its API: "
        "accounts, people, log and shared tokens with their values, and filters. The "
        "main account's API token comes from IMPORT_TOKEN or from standard input, "
        "where API tokens of sub accounts may follow, one a line. Run again, it does "
        "what is missing. Exit code 1 says that something was refused, 75 that the "
        "source did not answer."
    )

    def add_arguments(self, parser):
        parser.add_argument("url", help="the source's API, like https://api.logz.io")
        place = parser.add_mutually_exclusive_group()
        place.add_argument("--organisation", type=whole(), help="move into this one")
        place.add_argument("--name", default="", help="of the new organisation")
        parser.add_argument("--plan", choices=Plan.values, default=Plan.PRO)
        parser.add_argument(
            "--report", help="file to go on from and to write (import-ID.jsonl)"
        )
        for name, words in FLAGS.items():
            parser.add_argument(f"--{name}", action="store_true", help=words)

    def handle(self, *, url, plain_http, dry_run, **options):
        keys = _read_keys()
        target = _target(self.by, **options)
        self.shows_bar = sys.stderr.isatty() and not dry_run
        with _in_a_sentence():
            source = Source(url, plain_http=plain_http)
            target.origin = source.origin
            inventory = take_stock(source, keys[0])
            write = Rehearsal if dry_run else Report
            path = options["report"] or f"import-{inventory.main.account_id}.jsonl"
            with closing(write(path, target.head(inventory))) as report:
                contents = AccountContents(source, keys[0], report, dry_run=dry_run)
                contents.makes_keys = options["make_api_tokens"]
                self.read(contents, keys, inventory)
                with _taken_back() if dry_run else nullcontext():
                    lines = self.travel(contents, Run(target, report), inventory)
        self.sum_up(lines, dry_run=dry_run)

    def read(self, contents, keys, inventory):
        for key in keys:
            contents.add_key(key)
        with self.watched([inventory.main, *inventory.subs], "Reading") as accounts:
            for account in accounts:
                contents.open(account, inventory)

    def travel(self, contents, run, inventory):
        """Take all steps; return the lines about them after those about what was found."""
        lines = list(inventory.lines)
        planned = list(steps(inventory, run.target))
        with self.watched(planned, "Moving in") as going:
            for line in lines:
                self.tell(line)
            for step in going:
                lines.append(run.take(step))
                self.tell(lines[-1])
        contents.lock(run.refused)
        return lines

    def watched(self, things, label):
        if not self.shows_bar:
            return nullcontext(things)
        return click.progressbar(things, label=label, file=sys.stderr)

    def tell(self, line):
        """Write what became of something, unless a bar is watched meanwhile."""
        if not self.shows_bar:
            self.write(line)

    def write(self, line):
        why = f": {line.why}" if line.why else ""
        self.stdout.write(_printable(f"{line.outcome:<10}{line.what}{why}"))

    def sum_up(self, lines, *, dry_run):
        if self.shows_bar:
            for line in lines:
                if line.outcome in (ImportOutcome.LEFT_OUT, ImportOutcome.REFUSED):
                    self.write(line)
        counts = Counter(line.outcome for line in lines)
        words = ", ".join(f"{counts[each]} {each}" for each in ImportOutcome)
        remark = " Nothing was changed." if dry_run else ""
        self.stderr.write(f"{words}.{remark}", style_func=str)
        if counts[ImportOutcome.REFUSED]:
            raise CommandError("Not everything can move in: see what was refused.")


def _read_keys():
    """Return the API tokens, that of the main account first."""
    text = os.environ.get("IMPORT_TOKEN") or typed(whole_text=True)
    keys = text.split()
    if not keys:
        raise CommandError(
            "The API token of the main account must come from IMPORT_TOKEN or from "
            "standard input."
        )
    if not all(map(TOKEN.fullmatch, keys)):
        raise CommandError("What was given as an API token cannot be one.")
    return keys


def _target(by, *, organisation, name, plan, send_mails, unfiltered, **options):
    if name and not NAME_PATTERN.fullmatch(name):
        raise CommandError("The name takes letters, digits, - . _ and spaces.")
    return Target(
        by=by,
        organisation=organisation and find_organisation(organisation),
        new_name=name,
        plan=plan,
        send_mails=send_mails,
        unfiltered=unfiltered,
    )


@contextmanager
def _in_a_sentence():
    """Turn what a source or a report can be wrong with into errors of a command."""
    try:
        yield
    except SourceError as error:
        raise CommandError(str(error), returncode=TRY_AGAIN) from error
    except (ReportError, OSError, ValueError) as error:
        raise CommandError(str(error)) from error


@contextmanager
def _taken_back():
    """Do everything and leave nothing of it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _printable(text):
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )

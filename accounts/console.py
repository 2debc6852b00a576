"""Commands for operators: the same rules as on pages, plain sentences, exit codes.

1 is a refusal or a mistake in the arguments' values, 2 a wrong command line and 78 keys
or settings that do not fit.
"""

import signal
import sys
from contextlib import contextmanager

from django.core import checks
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from psycopg_pool import PoolTimeout

from accounts.audit.trail import Actor
from accounts.crypto.checks import check_keys, note_keys_in_use
from accounts.models import Account, Organisation
from accounts.outbox import deliver_own
from accounts.rule_violations import RuleViolation

# EX_CONFIG of sysexits.h: a service manager need not try again.
CONFIGURATION_ERROR = 78


class OperatorCommand(BaseCommand):
    """Check the keys, act as the operator's console, turn refusals into errors."""

    requires_system_checks = []
    by = Actor.console()

    def run_from_argv(self, argv):
        # Like other tools, end without a word when `| head` has read enough.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        if None in (sys.stdout, sys.stderr):
            sys.exit("Standard output and standard error must be open.")
        # A name may have letters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
        super().run_from_argv(argv)

    def check_keys(self):
        require_sound_keys()

    def execute(self, *args, **options):
        try:
            _refuse_nul(options.values())
            with database_in_a_sentence():
                self.check_keys()
                done = super().execute(*args, **options)
                # There may be no server that runs, and a person waits for the link.
                deliver_own()
        except RuleViolation as refusal:
            raise CommandError(refusal.message) from refusal
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except UnicodeEncodeError as error:
            raise CommandError("An argument is not in UTF-8.") from error
        return done


def _refuse_nul(values):
    """Raise CommandError for what no file, database or program takes for a text."""
    for value in values:
        texts = value if isinstance(value, list) else [value]
        if any("\0" in str(text) for text in texts):
            raise CommandError("An argument has a NUL character in it.")


@contextmanager
def database_in_a_sentence():
    """Turn what a database answers that is not there into an error of a command."""
    try:
        yield
    except DatabaseError as error:
        raise CommandError(unusable(error)) from error


def unusable(error):
    """Return the sentence of a command that a DatabaseError ends."""
    reason = " ".join(str(_behind(error)).split())
    # The library of PostgreSQL asks, too.
    stop = "" if reason.endswith(("?", ".")) else "."
    return f"The database cannot be used: {reason}{stop} Is it there, and migrated?"


def _behind(error):
    """Return why there is no connection, which a pool keeps to itself."""
    if not isinstance(error.__cause__, PoolTimeout):
        return error
    try:
        connection.Database.connect(**connection.get_connection_params()).close()
    except connection.Database.Error as reason:
        return reason
    return error


def typed(*, whole_text=False):
    """Return what is given on standard input: its first line, or all of it."""
    if sys.stdin is None:
        raise CommandError("Standard input is closed, and something must come from it.")
    try:
        return sys.stdin.read() if whole_text else sys.stdin.readline().rstrip("\n")
    except UnicodeDecodeError as error:
        raise CommandError("What came on standard input is not in UTF-8.") from error


def require_sound_keys():
    """Raise CommandError when the keys do not fit the database, else note them."""
    refuse_wrong_keys()
    note_keys_in_use()


def refuse_wrong_keys():
    errors = [
        f"{message.id}: {message.msg}"
        for message in check_keys(databases=["default"])
        if message.level >= checks.ERROR
    ]
    if errors:
        raise CommandError(" ".join(errors), returncode=CONFIGURATION_ERROR)


def find_organisation(pk):
    found = Organisation.objects.filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no organisation {pk}.")
    return found


def find_account(pk):
    """Return an account that is not deleted."""
    accounts = Account.objects.not_deleted().select_related("organisation")
    found = accounts.filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no account {pk}.")
    return found

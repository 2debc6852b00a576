"""Commands for operators: the same rules as on pages, plain sentences, exit codes.

1 is a refusal or a mistake in the arguments' values, 2 a wrong command line and 78 keys
or settings that do not fit.
"""

import signal

from django.core import checks
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from accounts.audit.trail import Actor
from accounts.crypto.checks import check_keys, note_keys_in_use
from accounts.models import Account, Organisation
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
        super().run_from_argv(argv)

    def execute(self, *args, **options):
        try:
            require_sound_keys()
            return super().execute(*args, **options)
        except RuleViolation as refusal:
            raise CommandError(refusal.message) from refusal
        except DatabaseError as error:
            raise CommandError(
                f"The database cannot be used: {error}. Is it there, and migrated?"
            ) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error


def require_sound_keys():
    """Raise CommandError when the keys do not fit the database, else note them."""
    errors = [
        f"{message.id}: {message.msg}"
        for message in check_keys(databases=["default"])
        if message.level >= checks.ERROR
    ]
    if errors:
        raise CommandError(" ".join(errors), returncode=CONFIGURATION_ERROR)
    note_keys_in_use()


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

from django.contrib.auth.password_validation import validate_password
from django.core.management.base import CommandError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.argument_types import whole
from accounts.console import OperatorCommand, find_account, typed
from accounts.members import add_member
from accounts.models import Role, User
from accounts.names import check_seen


class Command(OperatorCommand):
    help = (
        "Invite a person to an account, or make operator staff. They are mailed a link "
        "to accept, a new person by choosing a password; who is new and whose password "
        "is given on standard input belongs to the account at once."
    )

    def add_arguments(self, parser):
        parser.add_argument("email")
        place = parser.add_mutually_exclusive_group(required=True)
        place.add_argument("--account", type=whole(), help="id of the account")
        place.add_argument("--staff", action="store_true", help="operator staff")
        parser.add_argument("--role", choices=Role.values, default=Role.USER)
        parser.add_argument("--name", default="", help="full name")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input; needed for staff",
        )

    def handle(self, *, email, account, staff, password_stdin, **options):
        email = email.strip().lower()
        validate_email(email)
        check_seen(email=email, name=options["name"])
        password = typed() if password_stdin else None
        person = User(email=email, full_name=options["name"], is_staff=staff)
        if password is not None:
            validate_password(password, person)
        if staff:
            self.make_staff(person, password)
        else:
            self.make_member(person, find_account(account), options["role"], password)

    def make_staff(self, person, password):
        if not password:
            raise CommandError("Staff need a password: use --password-stdin.")
        try:
            _create(person, password)
        except IntegrityError as error:
            raise CommandError(f"{person.email} is there already.") from error
        self.stderr.write(f"Created {person.email}, operator staff.")

    def make_member(self, person, account, role, password):
        with transaction.atomic():
            known = User.objects.filter(email=person.email)
            is_new = password is not None and not known.exists()
            if is_new:
                _create(person, password)
            membership = add_member(
                account,
                email=person.email,
                role=role,
                by=self.by,
                full_name=person.full_name,
                # The login is the operator's to hand over, and nobody's before.
                joined=is_new,
            )
        verb = "is" if membership.accepted_at else "is invited as"
        self.stderr.write(f"{person.email} {verb} {role} of account {account.pk}.")


def _create(person, password):
    person.set_password(password)
    person.save(force_insert=True)

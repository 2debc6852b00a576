import json

from django.core.serializers.json import DjangoJSONEncoder

from accounts.console import OperatorCommand
from accounts.models import Account, Organisation, User
from tokens.least_privilege import ids_in, scopes_of
from tokens.models import Token


def organisations():
    for each in Organisation.objects.order_by("pk").iterator():
        yield {
            "id": each.pk,
            "name": each.name,
            "plan": each.plan,
            "trial_ends_at": each.trial_ends_at,
            "suspended_at": each.suspended_at,
        }


def accounts():
    rows = Account.objects.select_related("organisation").order_by("pk")
    for each in rows.iterator():
        yield {
            "id": each.pk,
            "organisation": each.organisation_id,
            "kind": each.kind,
            "state": each.state,
            "searchable": each.searchable,
            "accessible": each.accessible,
            "name": each.name,
        }


def people():
    rows = User.objects.prefetch_related("memberships").order_by("pk")
    for each in rows.iterator(chunk_size=1000):
        here = each.memberships.all()
        yield {
            "id": each.pk,
            "email": each.email,
            "name": each.full_name,
            "staff": each.is_staff,
            "active": each.is_active,
            "last_login": each.last_login,
            "roles": {row.account_id: row.role for row in here if row.accepted_at},
            "invited": {
                row.account_id: row.role for row in here if not row.accepted_at
            },
        }


def tokens():
    for each in Token.objects.order_by("pk").iterator():
        yield {
            "id": each.pk,
            "account": each.account_id,
            "kind": each.kind,
            "token": each.masked,
            "state": each.state,
            "created_at": each.created_at,
            "last_used_at": each.last_used_at,
            "expires_at": each.expires_at,
            "scopes": scopes_of(each),
            "accounts": ids_in(each.kept_to),
            "name": each.name,
            "note": each.note,
            "networks": each.networks.split(),
            "calls_per_minute": each.calls_per_minute,
        }


SUBJECTS = {rows.__name__: rows for rows in (organisations, accounts, people, tokens)}


class Command(OperatorCommand):
    help = "List organisations, accounts, people or tokens; never a secret."

    def add_arguments(self, parser):
        parser.add_argument("subject", choices=SUBJECTS)
        parser.add_argument(
            "--json", action="store_true", help="one JSON object on each line"
        )

    def handle(self, *, subject, json, **options):
        write = self.write_json if json else self.write_table
        write(SUBJECTS[subject]())

    def write_json(self, rows):
        for row in rows:
            self.stdout.write(json.dumps(row, cls=DjangoJSONEncoder))

    def write_table(self, rows):
        rows = [{name: _cell(value) for name, value in row.items()} for row in rows]
        if not rows:
            return
        rows.insert(0, {name: name for name in rows[0]})
        widths = {name: max(len(row[name]) for row in rows) for name in rows[0]}
        for row in rows:
            line = "  ".join(row[name].ljust(width) for name, width in widths.items())
            self.stdout.write(line.rstrip())


def _cell(value):
    if isinstance(value, dict):
        return " ".join(f"{key}:{each}" for key, each in value.items())
    if isinstance(value, list):
        return " ".join(map(str, value))
    if hasattr(value, "isoformat"):
        return value.isoformat(sep=" ", timespec="minutes")
    if value is None:
        return "-"
    text = str(value).replace("\n", " ")
    # A name must not draw on the operator's terminal.
    return "".join(letter if letter.isprintable() else "?" for letter in text)

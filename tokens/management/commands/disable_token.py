from django.core.management.base import CommandError

from accounts.argument_types import whole
from accounts.console import OperatorCommand
from tokens.models import Token


class Command(OperatorCommand):
    help = "Disable a token from the next request on."

    def add_arguments(self, parser):
        parser.add_argument(
            "token", type=whole(), help="id, as `list tokens` prints it"
        )
        parser.add_argument("--reason", required=True)

    def handle(self, *, token, reason, **options):
        found = Token.objects.not_deleted().select_related("account__organisation")
        found = found.filter(pk=token).first()
        if found is None:
            raise CommandError(f"There is no token {token}.")
        found.disable(by=self.by, reason=reason[:200])
        self.stderr.write(f"Disabled {found}.")

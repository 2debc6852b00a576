import base64
import secrets

from django.core.management.base import BaseCommand

from accounts.argument_types import whole
from accounts.crypto.keys import KEY_BYTES, KEY_SETTINGS, MOST_KID

# Django's deployment checks warn of a SECRET_KEY with fewer than 50 letters.
SECRET_KEY_BYTES = 48


class Command(BaseCommand):
    help = "Print a fresh key, as `<kid>:<base64>` or as a line for .env."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "variable",
            nargs="?",
            choices=["SECRET_KEY", *KEY_SETTINGS.values()],
            help="print a line that sets this variable",
        )
        parser.add_argument(
            "--kid", type=whole(1, MOST_KID), default=1, help="id of the key"
        )

    def handle(self, *, variable, kid, **options):
        is_bare = variable == "SECRET_KEY"
        length = SECRET_KEY_BYTES if is_bare else KEY_BYTES
        key = base64.b64encode(secrets.token_bytes(length)).decode()
        value = key if is_bare else f"{kid}:{key}"
        self.stdout.write(f"{variable}={value}" if variable else value)

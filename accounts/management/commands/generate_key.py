import base64
import secrets

from django.core.management.base import BaseCommand

from accounts.crypto.keys import KEY_BYTES, SETTINGS


class Command(BaseCommand):
    help = "Print a fresh key, as `<kid>:<base64>` or as a line for .env."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "variable",
            nargs="?",
            choices=["SECRET_KEY", *SETTINGS.values()],
            help="print a line that sets this variable",
        )
        parser.add_argument("--kid", type=int, default=1, help="id of the key")

    def handle(self, *, variable, kid, **options):
        key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        value = key if variable == "SECRET_KEY" else f"{kid}:{key}"
        self.stdout.write(f"{variable}={value}" if variable else value)

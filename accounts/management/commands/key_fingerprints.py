from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.crypto.keys import KEY_SETTINGS, KeyProblem, parse


class Command(BaseCommand):
    help = "Print ids and check values of the configured keys, never the keys."
    requires_system_checks = []

    def handle(self, **options):
        try:
            for purpose, variable in KEY_SETTINGS.items():
                keys = parse(purpose, getattr(settings, variable)).values()
                for number, key in enumerate(keys):
                    state = "reads only" if number else "active"
                    self.stdout.write(
                        f"{variable} {key.kid} {key.check_value.hex()} {state}"
                    )
        except KeyProblem as problem:
            raise CommandError(str(problem), returncode=78) from problem

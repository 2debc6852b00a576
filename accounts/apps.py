from django.apps import AppConfig
from django.core import checks


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self):
        from accounts.checks import check_keys  # noqa: PLC0415 -- needs the models

        checks.register(check_keys, checks.Tags.database)

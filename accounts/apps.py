from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_init


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self):
        from allauth.mfa.models import Authenticator  # noqa: PLC0415 -- the same

        from accounts.crypto.checks import check_keys  # noqa: PLC0415 -- needs the models
        from accounts.crypto.seeds import own  # noqa: PLC0415 -- the same

        checks.register(check_keys, checks.Tags.database)
        post_init.connect(own, sender=Authenticator)

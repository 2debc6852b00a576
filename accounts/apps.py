from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db.backends.signals import connection_created
from django.db.models.signals import post_init

from accounts import hooks
from accounts.slow_queries import watch


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self):
        from allauth.mfa.models import Authenticator  # noqa: PLC0415 -- needs the apps

        from accounts import outbox  # noqa: PLC0415 -- needs the models
        from accounts.crypto import checks as keys  # noqa: PLC0415 -- the same
        from accounts.crypto import clients, mails, reencryption, seeds  # noqa: PLC0415 -- the same
        from accounts.web import quick_find  # noqa: PLC0415 -- the same

        checks.register(keys.check_keys, checks.Tags.database)
        if settings.LOG_SLOW_QUERIES:
            connection_created.connect(watch)
        post_init.connect(seeds.own, sender=Authenticator)
        hooks.key_rows.register(keys.count_events)
        hooks.key_rows.register(reencryption.count_seeds)
        hooks.sealed_rows.register(reencryption.SEEDS)
        hooks.key_rows.register(mails.count_mails)
        hooks.sealed_rows.register(mails.MAILS)
        hooks.key_rows.register(clients.count_clients)
        hooks.sealed_rows.register(clients.CLIENTS)
        hooks.purges.register(outbox.forget)
        hooks.finders.register(("Pages", quick_find.find_pages))
        hooks.finders.register(("Accounts", quick_find.find_accounts))

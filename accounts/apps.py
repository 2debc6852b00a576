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
        from allauth.mfa.models import Authenticator  # noqa: PLC0415 -- the same

        from accounts.crypto.checks import (  # noqa: PLC0415 -- needs the models
            check_keys,
            count_events,
        )
        from accounts.crypto.clients import (  # noqa: PLC0415 -- the same
            check_clients,
            count_clients,
            old_clients,
            renew_clients,
        )
        from accounts.crypto.mails import (  # noqa: PLC0415 -- the same
            check_mails,
            count_mails,
            old_mails,
            renew_mails,
        )
        from accounts.crypto.reencryption import (  # noqa: PLC0415 -- the same
            check_seeds,
            count_seeds,
            old_seeds,
            renew_seeds,
        )
        from accounts.crypto.seeds import own  # noqa: PLC0415 -- the same
        from accounts.outbox import forget  # noqa: PLC0415 -- the same
        from accounts.web.quick_find import (  # noqa: PLC0415 -- the same
            find_accounts,
            find_pages,
        )

        checks.register(check_keys, checks.Tags.database)
        if settings.LOG_SLOW_QUERIES:
            connection_created.connect(watch)
        post_init.connect(own, sender=Authenticator)
        hooks.key_rows.register(count_events)
        hooks.key_rows.register(count_seeds)
        hooks.sealed_rows.register(
            hooks.SealedRows(old_seeds, renew_seeds, check_seeds)
        )
        hooks.key_rows.register(count_mails)
        hooks.sealed_rows.register(
            hooks.SealedRows(old_mails, renew_mails, check_mails)
        )
        hooks.key_rows.register(count_clients)
        hooks.sealed_rows.register(
            hooks.SealedRows(old_clients, renew_clients, check_clients)
        )
        hooks.purges.register(forget)
        hooks.finders.register(("Pages", find_pages))
        hooks.finders.register(("Accounts", find_accounts))

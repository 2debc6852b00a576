from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate

from accounts import hooks


class TokensConfig(AppConfig):
    name = "tokens"

    def ready(self):
        from tokens import defaults, health, quick_find, reencryption  # noqa: PLC0415 -- needs the models
        from tokens.api.plumbing import secrets  # noqa: PLC0415 -- the same
        from tokens.models import search_index  # noqa: PLC0415 -- the same
        from tokens.policies import ends  # noqa: PLC0415 -- the same
        from tokens.secrets import is_within  # noqa: PLC0415 -- the same
        from tokens.use_it.addresses import check_addresses  # noqa: PLC0415 -- the same

        post_migrate.connect(search_index.provide, sender=self)
        checks.register(check_addresses, deploy=True)
        hooks.secrets_within.register(is_within)
        hooks.key_rows.register(reencryption.count_secrets)
        hooks.key_rows.register(reencryption.count_calendars)
        hooks.account_parts.register(defaults.provide_default_token)
        hooks.default_secrets.register(secrets.hand_out_defaults)
        hooks.secret_keepers.register(hooks.Keeper(secrets.rows_of, secrets.open_again))
        hooks.background_jobs.register(ends.carry_on)
        hooks.finders.register(("Tokens", quick_find.find_tokens))
        for finding in health.OWN:
            hooks.token_findings.register(finding)

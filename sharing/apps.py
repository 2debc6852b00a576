from django.apps import AppConfig

from accounts import hooks


class SharingConfig(AppConfig):
    name = "sharing"

    def ready(self):
        from sharing.health import UNFILTERED, shows_everything  # noqa: PLC0415 -- models come first
        from sharing.models.shares import (  # noqa: PLC0415 -- models come first
            check_narrowed,
            check_shown,
        )
        from sharing.templatetags.links import row_texts  # noqa: PLC0415 -- the same
        from tokens.kinds import Kind  # noqa: PLC0415 -- the same

        hooks.token_checks.register(check_shown)
        hooks.policy_checks.register(check_narrowed)
        hooks.unfiltered_tokens.register(shows_everything)
        hooks.token_findings.register(UNFILTERED)
        hooks.row_texts.register((Kind.SHARED, row_texts))

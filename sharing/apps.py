from django.apps import AppConfig

from accounts import hooks


class SharingConfig(AppConfig):
    name = "sharing"

    def ready(self):
        from sharing.health import UNFILTERED  # noqa: PLC0415 -- models come first
        from sharing.models.shares import check_shown  # noqa: PLC0415 -- models come first

        hooks.token_checks.register(check_shown)
        hooks.token_findings.register(UNFILTERED)

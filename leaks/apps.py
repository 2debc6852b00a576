from django.apps import AppConfig

from accounts import hooks


class LeaksConfig(AppConfig):
    name = "leaks"

    def ready(self):
        from leaks import follow_up  # noqa: PLC0415 -- needs the models
        from leaks.health import LEAKED  # noqa: PLC0415 -- the same
        from leaks.models import found_places  # noqa: PLC0415 -- the same

        hooks.token_findings.register(LEAKED)
        hooks.leak_readers.register(found_places)
        hooks.background_jobs.register(follow_up.carry_on)

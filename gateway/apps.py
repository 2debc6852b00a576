from django.apps import AppConfig
from django.core.signals import request_started

from accounts import hooks


class GatewayConfig(AppConfig):
    name = "gateway"

    def ready(self):
        from gateway import reencryption  # noqa: PLC0415 -- needs the models
        from gateway.models import reminders, senders  # noqa: PLC0415 -- the same
        from gateway.refused_calls.of_token import latest_refused  # noqa: PLC0415 -- the same
        from gateway.refused_calls.recording import forget, note  # noqa: PLC0415 -- the same
        from gateway.refused_calls.waiting import count_waiting  # noqa: PLC0415 -- the same
        from gateway.verify.lookups import take_time  # noqa: PLC0415 -- the same
        from gateway.verify.narrowing import length  # noqa: PLC0415 -- the same

        request_started.connect(take_time)
        hooks.key_rows.register(reencryption.count_webhooks)
        hooks.sealed_rows.register(
            hooks.SealedRows(
                reencryption.old_webhooks,
                reencryption.renew_webhooks,
                reencryption.check_webhooks,
            )
        )
        hooks.scope_lengths.register(length)
        hooks.refused_call_writers.register(note)
        hooks.refused_call_readers.register(latest_refused)
        hooks.purges.register(forget)
        hooks.purges.register(reminders.forget)
        hooks.purges.register(senders.forget)
        hooks.waiting_counters.register(("gateway:refused_calls", count_waiting))

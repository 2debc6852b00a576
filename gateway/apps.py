from django.apps import AppConfig
from django.core.signals import request_started


class GatewayConfig(AppConfig):
    name = "gateway"

    def ready(self):
        from accounts.crypto import checks  # noqa: PLC0415 -- needs the models
        from accounts.crypto.reencryption import Sealed, envelopes  # noqa: PLC0415 -- the same
        from accounts.web import navigation  # noqa: PLC0415 -- needs the models
        from gateway import reencryption  # noqa: PLC0415 -- the same
        from gateway.refused_calls.recording import forget, note  # noqa: PLC0415 -- the same
        from gateway.refused_calls.waiting import count_waiting  # noqa: PLC0415 -- the same
        from gateway.verify.lookups import take_time  # noqa: PLC0415 -- the same
        from gateway.verify.narrowing import length  # noqa: PLC0415 -- the same
        from sharing import header_lengths  # noqa: PLC0415 -- the same
        from tokens import usage_counters  # noqa: PLC0415 -- the same
        from tokens.management.commands import purge_deleted  # noqa: PLC0415 -- the same

        checks.row_counters["enc"].append(reencryption.count_webhooks)
        envelopes.append(
            Sealed(
                reencryption.old_webhooks,
                reencryption.renew_webhooks,
                reencryption.check_webhooks,
            )
        )
        header_lengths.measures.append(length)
        usage_counters.refusal_writers.append(note)
        purge_deleted.others.append(forget)
        request_started.connect(take_time)
        navigation.COUNTERS["gateway:refused_calls"] = count_waiting

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "gateway"

    def ready(self):
        from accounts import places  # noqa: PLC0415 -- needs the models
        from gateway.demo import tell_refusals  # noqa: PLC0415 -- the same
        from gateway.waiting import count_waiting  # noqa: PLC0415 -- the same
        from sharing.demo import sequels  # noqa: PLC0415 -- the same

        sequels.append(tell_refusals)
        places.COUNTERS["gateway:dead"] = count_waiting

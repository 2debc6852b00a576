from functools import partial

from django.apps import AppConfig


class TokensConfig(AppConfig):
    name = "tokens"

    def ready(self):
        from accounts import lifecycle  # noqa: PLC0415 -- needs the models
        from accounts.api.plumbing import default_tokens, idempotency  # noqa: PLC0415
        from accounts.crypto import checks  # noqa: PLC0415 -- needs the models
        from accounts.web import quick_find  # noqa: PLC0415 -- needs the models
        from tokens.api.plumbing import secrets  # noqa: PLC0415 -- the same
        from tokens.models import provide_default_token  # noqa: PLC0415 -- the same
        from tokens.quick_find import find_tokens  # noqa: PLC0415 -- the same
        from tokens.reencryption import count_secrets  # noqa: PLC0415 -- the same

        checks.row_counters["enc"] = [partial(count_secrets, "enc")]
        checks.row_counters["index"] = [partial(count_secrets, "index")]
        lifecycle.provisioners.append(provide_default_token)
        default_tokens.sources.append(secrets.hand_out_defaults)
        idempotency.keeper = idempotency.Keeper(secrets.rows_of, secrets.open_again)
        quick_find.sources.append(("Tokens", find_tokens))

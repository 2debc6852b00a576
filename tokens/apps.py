from django.apps import AppConfig


class TokensConfig(AppConfig):
    name = "tokens"

    def ready(self):
        from accounts import lifecycle  # noqa: PLC0415 -- needs the models
        from tokens.models import provide_default_token  # noqa: PLC0415 -- the same

        lifecycle.provisioners.append(provide_default_token)

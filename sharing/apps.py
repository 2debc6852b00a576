from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "sharing"

    def ready(self):
        from sharing.models.shares import check_shown  # noqa: PLC0415 -- models come first
        from tokens.kind_pages import HOMES, Home  # noqa: PLC0415 -- models come first
        from tokens.kinds import Kind  # noqa: PLC0415 -- models come first
        from tokens.limits import enabling_checks  # noqa: PLC0415 -- models come first

        HOMES[Kind.SHARED] = Home(
            "sharing:list",
            "sharing/row.html",
            "sharing:create",
            start="Resume",
            stop="Pause",
            verbs=("link",),
            loses="Its link and QR code stop for everybody who has them.",
        )
        enabling_checks.append(check_shown)

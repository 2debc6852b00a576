import time

from django.core.management.base import CommandError

from accounts.argument_types import whole
from accounts.console import OperatorCommand
from accounts.models import NAME_PATTERN, Organisation
from demo.load import generate
from tokens.secret_response import print_out

WIDTH = 30
MOST_TOKENS = 100_000_000


class Command(OperatorCommand):
    help = "Make an organisation of any size, for load tests."

    def add_arguments(self, parser):
        parser.add_argument("--accounts", type=whole(1, MOST_TOKENS), default=100)
        parser.add_argument("--tokens", type=whole(1, MOST_TOKENS), default=1000)
        parser.add_argument("--name", default="Load", help="name of the organisation")
        parser.add_argument(
            "--print-token",
            action="store_true",
            help="print an API token of the main account on standard output",
        )

    def handle(self, *, accounts, tokens, name, print_token, **options):
        if accounts < 1 or tokens < accounts + 1:
            raise CommandError(
                "Ask for at least one account, and for more tokens than accounts."
            )
        if not NAME_PATTERN.fullmatch(name):
            raise CommandError("The name takes letters, digits, - . _ and spaces.")
        if Organisation.objects.filter(name=name).exists():
            raise CommandError(f"There is an organisation named {name} already.")
        bar = ProgressBar(self.stderr, tokens)
        load = generate(
            name=name, accounts=accounts, tokens=tokens, progress=bar.advance
        )
        bar.finish(f"account {load.main.pk} is the main one")
        if print_token:
            print_out(load.secret, self.stdout)


class ProgressBar:
    """A progress bar; where nobody looks at it, only its last line."""

    def __init__(self, stream, total):
        self.stream, self.total, self.done = stream, total, 0
        self.started = time.monotonic()

    def advance(self, count):
        self.done += count
        if self.stream.isatty():
            filled = WIDTH * self.done // self.total
            bar = "█" * filled + "·" * (WIDTH - filled)
            self.stream.write(f"\r{bar} {self._numbers()} ", ending="")

    def finish(self, remark):
        lead = "\r" if self.stream.isatty() else ""
        self.stream.write(f"{lead}Made {self._numbers()}; {remark}.")

    def _numbers(self):
        rate = self.done / max(time.monotonic() - self.started, 1e-9)
        return f"{self.done:,} of {self.total:,} tokens, {rate:,.0f} a second"

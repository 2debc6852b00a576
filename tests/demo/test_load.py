"""Load in bulk is the same as what the product makes one by one."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Account, Organisation
from demo.management.commands.generate_load import ProgressBar
from tests.factories import MembershipFactory, TokenFactory
from tokens.models import StoredSecret, Token
from tokens.permissions import Use
from tokens.verification import verify

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("accounts", "tokens"), [(1, 2), (1, 150), (3, 4), (12, 400)])
def test_load_is_sound_and_has_the_size_that_was_asked_for(capsys, accounts, tokens):
    call_command("generate_load", accounts=accounts, tokens=tokens)

    assert (Account.objects.count(), Token.objects.count()) == (accounts, tokens)
    assert StoredSecret.objects.count() == tokens
    MembershipFactory(account=Account.objects.get(kind="main"))
    call_command("check_invariants")
    said = capsys.readouterr()
    assert f"Made {tokens:,} of {tokens:,} tokens, " in said.err
    assert "broken" not in said.out


def test_its_tokens_open_and_can_be_shown(capsys):
    call_command("generate_load", "--accounts=2", "--tokens=300", "--print-token")

    secret = capsys.readouterr().out.strip()
    assert verify(secret, Use.API).account.is_main
    shared = Token.objects.of_kind("shared").enabled().last()
    row = StoredSecret.objects.get(token=shared)
    assert verify(row.open().reveal(), Use.READ_SHARED) == row.token
    assert row.token.share.shows_everything


def test_two_loads_and_further_tokens_fit_into_one_database(capsys):
    for name in ("One", "Two"):
        call_command("generate_load", accounts=2, tokens=30, name=name)
    main = Account.objects.get(name="Two")

    call_command("create_token", "Later", account=main.pk)

    assert Token.objects.count() == 61


@pytest.mark.postgresql
def test_postgresql_counts_on_from_it_and_knows_how_much_there_is():
    call_command("generate_load", accounts=1, tokens=150)
    last = Token.objects.order_by("pk").last()
    further = TokenFactory(account=last.account)

    assert further.pk == last.pk + 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'tokens_token'")
        assert cursor.fetchone() == (150,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accounts": 0}, "Ask for at least one account"),
        ({"accounts": 10, "tokens": 10}, "more tokens than accounts"),
        ({"name": "<b>"}, "The name takes letters"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(CommandError, match=message):
        call_command("generate_load", **options)

    assert not Organisation.objects.exists()


def test_a_name_is_taken_once():
    call_command("generate_load", accounts=1, tokens=2, stderr=io.StringIO())

    with pytest.raises(
        CommandError, match="There is an organisation named Load already"
    ):
        call_command("generate_load", accounts=1, tokens=2)


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def write(self, text, ending="\n"):
        return super().write(text + ending)


def test_a_terminal_sees_a_bar_grow():
    terminal = Terminal()
    bar = ProgressBar(terminal, 100)

    bar.advance(40)
    bar.finish("done")

    first, last = terminal.getvalue().split("\r")[1:]
    assert first.startswith("█" * 12 + "·" * 18 + " 40 of 100 tokens")
    assert last.startswith("Made 40 of 100 tokens")

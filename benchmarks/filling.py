"""Fill a portal's database for the measuring of calls; prints what opens it, as JSON."""

import json
import sys
import zlib
from io import StringIO
from random import choices
from string import ascii_lowercase, ascii_uppercase, digits
from uuid import uuid4

import django
from django.core.management import call_command
from django.db import connection

# A look-up searches one index over all secrets. More of those than come with so many
# tokens are made by the database itself, as secrets that were rotated away.
MOST_TOKENS = 100_000
# Twice as many as a worker remembers: each is forgotten before it comes again.
MANY = 100_000
LETTERS = digits + ascii_uppercase + ascii_lowercase
NUMBERS = {
    "sqlite": """
        WITH RECURSIVE numbers(n) AS
            (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s),
        made(lookup, envelope) AS (SELECT randomblob(32), randomblob(91) FROM numbers)
    """,
    "postgresql": """
        WITH made(lookup, envelope) AS (
            SELECT sha256(n::text::bytea), decode(repeat(md5(n::text), 6), 'hex')
            FROM generate_series(1, %s) AS numbers(n)
        )
    """,
}
PAD = """
    INSERT INTO tokens_storedsecret
        (token_id, lookup, index_kid, envelope, enc_kid, valid_until)
    {numbers}
    SELECT token_id, made.lookup, index_kid, made.envelope, enc_kid, created_at
    FROM made, (SELECT * FROM tokens_storedsecret LIMIT 1) AS one
"""


def main():
    secrets = int(sys.argv[1])
    tokens = min(secrets, MOST_TOKENS)
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    made = {
        "api": said("generate_load", accounts=10, tokens=tokens, print_token=True),
        "gateway": said("create_token", "proxy", kind="gateway"),
        "invented": invented(),
        "foreign": [str(uuid4()) for _ in range(MANY)],
    }
    if secrets > tokens:
        pad(secrets - tokens)
    json.dump(made, sys.stdout)


def pad(rows):
    with connection.cursor() as cursor:
        cursor.execute(PAD.format(numbers=NUMBERS[connection.vendor]), [rows])
        cursor.execute("ANALYZE tokens_storedsecret")


def said(*command, **options):
    printed = StringIO()
    call_command(*command, **options, stdout=printed, stderr=StringIO())
    return printed.getvalue().strip()


def invented():
    """Return tokens of our form that nobody has: random letters, the right checksum."""
    return [
        with_checksum("tga_" + "".join(choices(LETTERS, k=43)))  # noqa: S311 -- guesses
        for _ in range(MANY)
    ]


def with_checksum(body):
    number = zlib.crc32(body.encode())
    check = (LETTERS[number // 62**place % 62] for place in reversed(range(6)))
    return body + "".join(check)


if __name__ == "__main__":
    main()

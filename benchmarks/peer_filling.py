"""Fill the database of the project that is compared with; prints a key, as JSON."""

import json
import sys
from itertools import batched

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

# It is slow enough to compare with when it has fewer to look among than we have.
MOST_TOKENS = 1_000_000


def main():
    tokens = min(int(sys.argv[1]), MOST_TOKENS)
    django.setup()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {settings.SCHEMA}")
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User  # noqa: PLC0415 -- only after setup
    from rest_framework.authtoken.models import Token  # noqa: PLC0415 -- the same

    for numbers in batched(range(tokens), 5_000):
        users = User.objects.bulk_create(User(username=str(each)) for each in numbers)
        keys = [Token(user=user, key=Token.generate_key()) for user in users]
        Token.objects.bulk_create(keys)
    json.dump({"key": Token.objects.first().key}, sys.stdout)


if __name__ == "__main__":
    main()

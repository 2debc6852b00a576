#!/usr/bin/env python
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError

from accounts.management.commands import generate_key


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["generate_key"]:
        # Settings cannot be read before there are keys.
        generate_key.Command().run_from_argv(sys.argv)
    else:
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except ImproperlyConfigured as error:
        sys.exit(f"Tollgate is not set up: {error}")
    except DatabaseError as error:
        # Of a command of Django's; ours say so themselves.
        if "--traceback" in sys.argv:
            raise
        from accounts.console import unusable  # needs the settings

        sys.exit(unusable(error))
    except KeyboardInterrupt:
        # As a shell says of what a signal ended.
        sys.stderr.write("\nStopped.\n")
        sys.exit(130)

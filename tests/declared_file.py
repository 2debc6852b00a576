"""Write the schema of declared files to where the command has it, after a change of the API.

`python -m tests.declared_file`
"""

import os

import django

from tests import environment


def main():
    environment.lay_down()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from config import declared_file  # noqa: PLC0415 -- its models need the apps

    declared_file.TARGET.write_text(declared_file.written(), encoding="utf-8")


if __name__ == "__main__":
    main()

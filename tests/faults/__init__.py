"""What a running portal promises while its database fails: `make faults`."""

import os

import django

from tests import environment  # noqa: F401 -- lays down the settings of tests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

"""Mails as files, for trying: only their owner reads them, since links in them let people in."""

import os
from contextlib import suppress

from django.core.mail.backends import filebased


class EmailBackend(filebased.EmailBackend):
    def __init__(self, *, file_path, **options):
        # What stands against it is said by the usual backend, which makes it as well.
        with suppress(OSError):
            os.makedirs(file_path, mode=0o700)
        super().__init__(file_path=file_path, **options)

    def open(self):
        is_new = super().open()
        if is_new:
            os.fchmod(self.stream.fileno(), 0o600)
        return is_new

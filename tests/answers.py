"""Comparing answers that must not differ, such as of what is hidden and what is missing."""

import re

CSRF_TOKEN = re.compile("[A-Za-z0-9]{64}")


def said(response):
    """Return an answer without what each answer has of its own."""
    text = CSRF_TOKEN.sub("", response.text)
    return text.replace(response["X-Request-Id"], "")

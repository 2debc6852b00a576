"""The middleware that only pages need, which calls of the API pass by.

A call brings its token with each request: it has no session and no messages. What Django
and allauth look for by name in the settings stays as it is.
"""

from functools import wraps

from django.contrib.auth.middleware import (
    AuthenticationMiddleware as DjangoAuthenticationMiddleware,
)
from django.contrib.messages.middleware import (
    MessageMiddleware as DjangoMessageMiddleware,
)
from django_htmx.middleware import HtmxMiddleware as DjangoHtmxMiddleware

from accounts.web import middleware


def for_pages(wrapped):
    """Return a middleware class that hands calls of the API straight on.

    What it does before a view or after an exception, it does for all.
    """

    class ForPages(wrapped):
        def __call__(self, request):
            answer = self.get_response if request.is_api else super().__call__
            return answer(request)

    return wraps(wrapped, updated=())(ForPages)


SessionMiddleware = for_pages(middleware.SessionMiddleware)
AuthenticationMiddleware = for_pages(DjangoAuthenticationMiddleware)
HtmxMiddleware = for_pages(DjangoHtmxMiddleware)
MessageMiddleware = for_pages(DjangoMessageMiddleware)

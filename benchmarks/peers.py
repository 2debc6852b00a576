"""Others that a gateway could ask: a bare Django view, one behind REST framework."""

import django
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.urls import path

django.setup()

from rest_framework.authentication import TokenAuthentication  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class Guarded(APIView):
    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request):
        return Response(status=204)


def bare(request):
    return HttpResponse(status=204)


urlpatterns = [path("bare", bare), path("guarded", Guarded.as_view())]
application = WSGIHandler()

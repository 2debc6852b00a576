from django.http import JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError

from tokens.api import router as tokens_router

api = NinjaAPI(title="Tollgate", version="1", docs_url=None, openapi_url=None)
api.add_router("", tokens_router)


@api.exception_handler(AuthenticationError)
def insufficient_privileges(request, exception):
    # Logz.io answers a missing, unknown or stopped token with this body.
    body = {"code": 403, "message": "Insufficient privileges"}
    return JsonResponse(body, status=403)

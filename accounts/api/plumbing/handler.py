"""The way of a call to its endpoint, and of the answer back.

A page passes through twenty layers of middleware, and ninja does for each call what only
some calls need. A call of ours has no session, form or message: it needs what stands here,
which takes a third of the time.
"""

from functools import lru_cache
from types import SimpleNamespace

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpResponse
from django.http.request import split_domain_port, validate_host
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csp import ContentSecurityPolicyMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import get_resolver
from django.utils.csp import CSP
from ninja.errors import AuthenticationError
from ninja.params.models import HeaderModel
from ninja.responses import NinjaJSONEncoder
from pydantic import ValidationError

# What an endpoint says about the writing of its answer.
HOW = ("by_alias", "exclude_unset", "exclude_defaults", "exclude_none")
WRITER = NinjaJSONEncoder()
JSON = "application/json; charset=utf-8"
# An answer that a browser is made to open shows and loads nothing.
DATA_POLICY = {"default-src": CSP.NONE, "frame-ancestors": CSP.NONE}
PROTECTING = (
    SecurityMiddleware,
    ContentSecurityPolicyMiddleware,
    XFrameOptionsMiddleware,
)


class Handler:
    """Hands a call to its endpoint, and gives its answer the headers that protect.

    An error around an endpoint becomes the answer that Django has for it.
    """

    def __init__(self, get_response):
        self._headers = _protecting_headers(get_response)
        self._answer = convert_exception_to_response(self._answered)
        # What is answered at an address that is the same for all, by resolver and path.
        self._found = {}

    def __call__(self, request):
        response = self._answer(request)
        for name, text in self._headers:
            response[name] = text
        if not response.streaming:
            response["Content-Length"] = str(len(response.content))
        return response

    def _answered(self, request):
        if not _is_ours(request.META.get("HTTP_HOST"), tuple(settings.ALLOWED_HOSTS)):
            request.get_host()  # raises for a name that is none of ours
        match = request.resolver_match = self._find(request.path_info)
        return match.func(request, **match.kwargs)

    def _find(self, path):
        resolver = get_resolver()
        match = self._found.get((resolver, path))
        if match is None:
            match = resolver.resolve(path)
            if not match.kwargs:
                self._found[resolver, path] = match
        return match


@lru_cache(1024)
def _is_ours(host, allowed):
    """Whether a Host is certainly one that may be asked; most are the same one."""
    name, _ = split_domain_port(host or "")
    return bool(name) and validate_host(name, allowed)


def _protecting_headers(get_response):
    """Return what Django's middleware adds to an answer, which is always the same."""
    # Where the portal has a certificate, no other call comes so far.
    request = SimpleNamespace(is_secure=lambda: True)
    response = HttpResponse()
    del response["Content-Type"]
    response._csp_config = DATA_POLICY
    for layer in PROTECTING:
        response = layer(get_response).process_response(request, response)
    return list(response.items())


def endpoint(operation):
    """Return what answers at an endpoint of ninja's: its Operation's `run`, in less time.

    Each endpoint has one way to tell who calls, and most answer with one object of ours.
    """
    [who_calls] = operation.auth_callbacks
    takes_response = operation.signature.response_arg is not None
    status, shape = _one_answer(operation)
    read = _reader(operation)
    how = {name: getattr(operation, name) for name in HOW}

    def run(request, **path):
        api, blank = operation.api, None
        try:
            request.auth = _required(who_calls(request))
            if takes_response:
                blank = api.create_temporal_response(request)
            values = read(request, path, blank)
            made = operation.view_func(request, **values)
            if type(made) is shape and not takes_response:
                text = WRITER.encode(made.model_dump(**how))
                return HttpResponse(text, JSON, status=status)
            blank = blank or api.create_temporal_response(request)
            return operation._result_to_response(request, made, blank)
        except Exception as error:  # noqa: BLE001 -- each has its answer
            return api.on_exception(request, error)

    return run


def _reader(operation):
    """Return what `_get_values` of an Operation is, but for headers that do not come.

    To look for one, Django reads all of them.
    """
    models = [(model, *_headers_of(model)) for model in operation.models]

    def read(request, path, blank):
        values = {}
        try:
            for model, keys, usual in models:
                if keys and request.META.keys().isdisjoint(keys):
                    values.update(usual)
                else:
                    values.update(model.resolve(request, operation.api, path))
        except ValidationError:
            # Ninja says all that is wrong.
            return operation._get_values(request, path, blank)
        if operation.signature.response_arg:
            values[operation.signature.response_arg] = blank
        return values

    return read


def _headers_of(model):
    """Return the keys in META of what a model reads of headers, and what it is without."""
    if not issubclass(model, HeaderModel):
        return (), None
    names = model.__ninja_flatten_map__
    return {f"HTTP_{name.upper().replace('-', '_')}" for name in names}, dict(model())


def _one_answer(operation):
    """Return the status and the class of what is answered where that is always the same."""
    [(status, model), *others] = operation.response_models.items()
    if others or not isinstance(model, type):
        return None, None
    return status, model.model_fields["response"].annotation


def _required(caller):
    if not caller:
        raise AuthenticationError
    return caller

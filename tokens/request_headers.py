"""Where a caller shows its token: one reader, for the API and for the gate alike."""

from base64 import b64decode

SPACE = " \t"


def token_in(environ):
    """Return the text that a WSGI environ shows as a token, or an empty one.

    It is in X-API-TOKEN or in Authorization (RFC 9110, section 11.6.2: a scheme in any
    letter case, one or more spaces, credentials), as a bearer token (RFC 6750) or by
    Basic authentication (RFC 7617), as the password or, when that is left empty, as the
    name.
    """
    shown = environ.get("HTTP_X_API_TOKEN", "").strip(SPACE)
    if shown:
        return shown
    header = environ.get("HTTP_AUTHORIZATION", "").strip(SPACE)
    scheme, _, credentials = header.partition(" ")
    read = SCHEMES.get(scheme.lower())
    return read(credentials.strip(SPACE)) if read else ""


def _basic(credentials):
    try:
        name, _, password = b64decode(credentials, validate=True).partition(b":")
    except ValueError:
        return ""
    return (password or name).decode("latin-1")


SCHEMES = {"bearer": str, "basic": _basic}

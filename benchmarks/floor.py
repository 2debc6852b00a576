"""The least that the server can do: what it costs before anybody decides anything."""

HEADERS = [("Cache-Control", "no-store")]


def application(environ, start_response):
    start_response("204 No Content", HEADERS)
    return []

"""Code in the reference: a call as a line for the shell, and JSON in colours."""

import json
import re
import shlex

KEY = re.compile(r'("(?:[^"\\]|\\.)*")(?=: )')
# The variables in which people keep a token of each kind, by the header it goes into.
VARIABLES = {
    ("X-API-TOKEN", False): "LOGZIO_API_TOKEN",
    ("X-API-TOKEN", True): "TOLLGATE_TOKEN",
    ("X-Tollgate-Gateway", False): "TOLLGATE_GATEWAY_TOKEN",
}
# A longer body has a line for each field.
ONE_LINE = 60
FORM = "application/x-www-form-urlencoded"


def json_pieces(value):
    """Return JSON in pieces, every second of which is the name of a field."""
    return KEY.split(json.dumps(value, indent=2, ensure_ascii=False))


def curl(method, url, header, body):
    """Return a call that can be pasted into a shell."""
    variable = VARIABLES[header, "/api/v1/" in url]
    lines = [
        "curl" + ("" if method == "GET" else f" -X {method}") + f" {shlex.quote(url)}",
        f'-H "{header}: ${variable}"',
    ]
    if body and body.media_type == FORM:
        fields = body.example.items()
        lines += [f"-d {shlex.quote(f'{name}={text}')}" for name, text in fields]
    elif body:
        text = json.dumps(body.example, ensure_ascii=False)
        if len(text) > ONE_LINE:
            text = json.dumps(body.example, ensure_ascii=False, indent=2)
        lines += [f'-H "Content-Type: {body.media_type}"', f"-d {shlex.quote(text)}"]
    return " \\\n  ".join(lines)

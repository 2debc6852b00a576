"""The names that a field gets on its way into Loki, made without gateway.verify.query_filters."""

import string

WORD = string.ascii_letters + string.digits


def by_sender(field):
    """As agents name a stream's label."""
    name = "".join(each if each in WORD + "_" else "_" for each in field.strip())
    return f"_{name}" if name[:1] in tuple(string.digits) else name


def up_to_3_6(field):
    """As Loki names structured metadata up to 3.6."""
    name = "".join(each if each in WORD + "_" else "_" for each in field.strip())
    if name[:1] in tuple(string.digits):
        return f"key_{name}"
    return f"key{name}" if name[:1] == "_" != name[1:2] else name


def since_3_7(field):
    """As Loki does from 3.7 on."""
    field = field.strip()
    if len(field) >= 4 and field[:2] == field[-2:] == "__":
        return f"__{runs_as_one(field[2:-2])}__"
    name = runs_as_one(field)
    return f"key_{name}" if name[:1] in tuple(string.digits) else name


def runs_as_one(text):
    name = ""
    for each in text:
        if each in WORD:
            name += each
        elif not name.endswith("_"):
            name += "_"
    return name


VERSIONS = (by_sender, up_to_3_6, since_3_7)

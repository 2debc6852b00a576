"""What clients say about themselves to be taken for others."""

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ALL = '{__name__!=""}'


def of_clients(other, secret):
    """Yield lists of headers that claim another account, at whichever route."""
    claims = {
        "X-Scope-OrgID": other,
        "AccountID": other,
        "ProjectID": "7",
        "X-Tollgate-Account": other,
        "X-Tollgate-Accounts": other,
        "X-Tollgate-Kind": "api",
        "X-Tollgate-Token": secret,
        "X-Tollgate-Args": f"extra_label=tollgate_account%3D{other}",
        "X-Tollgate-LogQL": '|= ""',
        "X-Tollgate-LogsQL": "*",
        "X-Tollgate-PromQL": ALL,
        "X-Tollgate-Query": "query=*",
        "X-Tollgate-Form": "query=*",
        "X-Tollgate-Gateway": "tgg_x",
        "X-Real-IP": "203.0.113.9",
        "X-Forwarded-For": "203.0.113.9",
        "Forwarded": "for=203.0.113.9",
    }
    for name, value in claims.items():
        half, other_half = name.replace("-", "_", 1), "_".join(name.rsplit("-", 1))
        spellings = name.upper(), name.replace("-", "_"), half, other_half
        for spelt in dict.fromkeys((name, *spellings)):
            yield [(spelt, value)]
        yield [(name, value), (name, value)]
    for hidden in ("X-Scope-OrgID", "AccountID", "ProjectID", "Authorization"):
        yield [("Connection", hidden), (hidden, other)]
        yield [("Connection", "close, " + hidden)]


def of_shippers(other, secret):
    """Yield arguments that claim another account, for where the token is one of them."""
    for argument in ("AccountID", "X-Scope-OrgID", "extra_label", "extra_fields"):
        yield f"&{argument}={other}"
        yield f"&type=x&{argument}={other}"
    yield f"&token={secret}"
    yield f"&TOKEN={secret}"
    for comma in (",", "%2C", "%2c"):
        yield f"&type=a{comma}AccountID%3D{other}"


def of_readers(foreign):
    """Yield (arguments, body, headers) that ask for another account's series."""
    label, selector = f"tollgate_account={foreign}", f'{{tollgate_account="{foreign}"}}'
    names = ["extra_filters[]", "extra_filters", "extra_label"]
    spellings = [
        *names,
        *(name.replace("_", "%5F") for name in names),
        *(name.replace("[]", "%5B%5D") for name in names[:1]),
        *(f"%65{name[1:]}" for name in names),
        *("".join(f"%{ord(each):02X}" for each in name) for name in names),
        *(name.upper() for name in names),
        *(f"{name}&{name}" for name in names),
    ]
    for name in spellings:
        for value in (label if "label" in name.lower() else selector, ALL):
            yield f"&{name}={value}", None, {}
            yield "", f"{name}={value}", FORM
            yield "", f"a=b&{name}={value}&match[]={ALL}", FORM
    yield from _multipart(names[1])
    for name in (
        "X-Tollgate-Args",
        "X_Tollgate_Args",
        "X-Tollgate-Accounts",
        "AccountID",
    ):
        yield "", None, {name: f"extra_filters%5B%5D={ALL}"}
        yield "", None, {name: str(foreign)}
    yield "", "x=" + "y" * 300_000 + f"&extra_filters={ALL}", FORM
    yield f"&query=x%26extra_filters={ALL}", None, {}
    yield f";extra_filters={ALL}", None, {}


def _multipart(name):
    text = f'--b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{ALL}\r\n--b--\r\n'
    for boundary in ("b", '"b"'):
        for kind in ("multipart/form-data; ", "Multipart/Form-Data;"):
            yield "", text, {"Content-Type": f"{kind}boundary={boundary}"}

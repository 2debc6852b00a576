"""What a proxy sends that remembers decisions, and how it reads what it is told."""

from io import BytesIO
from typing import NamedTuple

SENDER = "0123456789abcdef" * 2


class Keep(NamedTuple):
    slot: str
    generation: str
    epoch: str
    milliseconds: int
    handle: str

    @classmethod
    def of(cls, headers):
        slot, generation, epoch, milliseconds, handle = headers[
            "X-Tollgate-Keep"
        ].split(" ")
        return cls(slot, generation, epoch, int(milliseconds), handle)


def keep(ask, signal, token="", **headers):
    """Ask so that the answer may be remembered; returns what it says of that."""
    _, told = ask(signal, token, HTTP_X_TOLLGATE_REMEMBER="1", **headers)
    return Keep.of(told) if "X-Tollgate-Keep" in told else None


def called(ask, path, body=b"", **headers):
    """Call an address for proxies; returns the status and the body."""
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "POST", "REMOTE_ADDR": ""}
    environ |= ask.gateway | {"wsgi.input": BytesIO(body)}
    environ |= {"CONTENT_LENGTH": str(len(body))} | headers
    answered = []
    said = b"".join(ask.gate(environ, lambda *started: answered.extend(started)))
    assert dict(answered[1])["Content-Length"] == str(len(said))
    return int(answered[0][:3]), said.decode()


def looked(ask):
    """Return what the look at all generations tells, as a dict, without the end mark."""
    status, body = called(ask, "/gateway/generations")
    first, *lines, end, rest = body.split("\n")
    assert (status, first, end, rest) == (200, "tollgate-generations 1", "end", "")
    return dict(line.split(" ") for line in lines)


def stands(ask, kept):
    """Return whether what was remembered still holds by a look."""
    told = looked(ask)
    slots = [told["slots"][at : at + 16] for at in range(0, 4096, 16)]
    number = told["all"] if kept.slot == "all" else slots[int(kept.slot)]
    return (told["epoch"], number) == (kept.epoch, kept.generation)


def batch(*rows):
    """Return a body with rows of (handle, calls[, ago, address, agent])."""
    padded = [(*row, *("0", "192.0.2.7", "curl/8")[len(row) - 2 :]) for row in rows]
    lines = ["\t".join(map(str, row)) + "\n" for row in padded]
    return "".join([*lines, f"end {len(rows)}\n"]).encode("latin-1")


def hand_over(ask, *rows, sequence=1, sender=SENDER):
    body = batch(*rows)
    name = {"HTTP_X_TOLLGATE_BATCH": f"{sender} {sequence}"}
    return called(ask, "/gateway/uses", body, **name)

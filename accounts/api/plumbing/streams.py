"""Lists of any length, written while they are read."""

from itertools import batched, chain

from django.http import StreamingHttpResponse

CHUNK = 500


def streamed(answers):
    """Return an iterable of answers as an array of JSON, a chunk at a time.

    What can go wrong with the first ones does so here, before the response has begun.
    """
    chunks = _chunks(answers)
    begun = [next(chunks)]
    return StreamingHttpResponse(chain(begun, chunks), content_type="application/json")


def _chunks(answers):
    before = "["
    for some in batched(answers, CHUNK):
        yield before + ",".join(each.model_dump_json(by_alias=True) for each in some)
        before = ","
    yield "]" if before == "," else "[]"

"""What is true of every refusal, whichever proxy gives it."""

CHALLENGES = {
    "ship": 'Basic realm="tollgate", Bearer realm="tollgate"',
    "read": 'Bearer realm="tollgate"',
}


def refused(proxy, route, answer):
    """Return the status of a refusal that has all that it must have.

    It is a sentence of plain text, and no redirect; a 401 says what to show, a 405 what
    may be sent, and a 503 when to come back.
    """
    status = answer.status_code
    assert status >= 400, answer.text
    if status not in proxy.mute:
        assert answer.headers["Content-Type"].partition(";")[0] == "text/plain"
        assert answer.text[:1].isupper(), answer.text
        assert answer.text.count("\n") == 1, answer.text
    if status == 401:
        assert answer.headers.get_list("WWW-Authenticate") == [CHALLENGES[route.place]]
    if status == 405 and status not in proxy.mute:
        assert route.method in answer.headers["Allow"]
    if status == 503:
        assert int(answer.headers["Retry-After"]) <= 5
    return status

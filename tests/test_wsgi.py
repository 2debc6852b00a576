import threading
from wsgiref.util import setup_testing_defaults

from config import wsgi


def ask(path):
    environ = {"PATH_INFO": path}
    setup_testing_defaults(environ)
    started = []
    body = wsgi.application(environ, lambda status, headers: started.append(status))
    return started, b"".join(body)


def test_the_server_gets_answers(db, monkeypatch):
    begun = []
    monkeypatch.setattr(wsgi, "_begun", threading.Lock())
    monkeypatch.setattr(wsgi.background, "start", begun.append)

    assert ask("/livez") == (["200 OK"], b"ok\n")
    assert ask("/gateway/verify/logs") == (
        ["503 Service Unavailable"],
        b"Try again in a moment\n",
    )
    assert begun == [wsgi.gate]

from wsgiref.util import setup_testing_defaults

from config.wsgi import application


def test_the_server_gets_answers(db):
    environ = {"PATH_INFO": "/livez"}
    setup_testing_defaults(environ)
    started = []

    body = application(environ, lambda status, headers: started.append(status))

    assert (started, b"".join(body)) == (["200 OK"], b"ok\n")

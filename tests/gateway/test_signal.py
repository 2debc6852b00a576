import pytest

from gateway.verify.signal import ticket_in, token_in


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, ""),
        ({"HTTP_AUTHORIZATION": "Bearer a"}, "a"),
        ({"HTTP_X_TOLLGATE_TOKEN": "a"}, "a"),
        ({"HTTP_X_TOLLGATE_TOKEN": "a%2Db"}, "a-b"),
        ({"HTTP_X_TOLLGATE_TOKEN": "", "HTTP_X_API_TOKEN": "b"}, "b"),
        ({"HTTP_X_TOLLGATE_TOKEN": "a", "HTTP_X_API_TOKEN": "b"}, "a"),
    ],
)
def test_where_a_token_is_found(headers, text):
    assert token_in(headers) == text


@pytest.mark.parametrize(
    ("cookies", "text"),
    [
        (None, ""),
        ("", ""),
        ("a=b", ""),
        ("a=b; tollgate_share=t:1:x", "t:1:x"),
        ("broken; =; tollgate_share=t", "t"),
        ("my_tollgate_share=t", ""),
        ("my_tollgate_share=t; tollgate_share=u", "u"),
        ("tollgate_share=t; tollgate_share=t", ""),
        ("tollgate_share=t; a=b;tollgate_share=", ""),
        ("tollgate_share=t, tollgate_share =u", ""),
    ],
)
def test_where_a_ticket_is_found(cookies, text):
    environ = {} if cookies is None else {"HTTP_COOKIE": cookies}

    assert ticket_in(environ) == text

"""What a shared token may ask VictoriaLogs, and how strictly it is read."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.verify.query_check import MALFORMED, NOT_HANDED_OVER, why_not
from tests.factories import BY, FilterFactory, ShareFactory, TokenFactory
from tests.gateway.conftest import Asked

ASKED = "query=*"
BAD_PIPE = quote("* | stream_context before 9")
REFUSED = 'Shared tokens may not use the pipe "stream_context"'


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("query=*", None),
        (None, "query=%2A"),
        ("&&query=error+%7C+fields+_time&", "&"),
        ("query=*&start=5m&end=now&limit=10&step=1h&field=a&offset=0", "timeout=3s"),
        ("query=*&extra_filters=a%3Ab&extra_stream_filters=%7Bc%3D%22d%22%7D", None),
        ('query=*&extra_filters={"a":"b","c":["d","e"]}', None),
        ("query=*" + "&" * 255, "&" * 255),
        ("query=%C3%A9", None),
    ],
)
def test_what_is_documented_and_well_written_may_be_sent(address, form):
    assert why_not(address, form) == ""


@pytest.mark.parametrize(
    "raw",
    [
        "query=*" + "&" * 256,
        "query=*;a=b",
        "query=*#a",
        "query=a b",
        "query=%",
        "query=%4",
        "query=%zz",
        "query=é",
        "query=\x7f",
        "query=%ff",
        "%ff=a&query=*",
    ],
)
@pytest.mark.parametrize("place", ["address", "form"])
def test_what_a_store_might_read_otherwise_is_refused(raw, place):
    sent = {"address": ASKED, "form": ASKED} | {place: raw}

    assert why_not(**sent) == MALFORMED


@pytest.mark.parametrize("sent", [("", ASKED), (ASKED, ""), ("", None), ("", "")])
def test_an_empty_header_is_one_that_the_server_could_not_read(sent):
    assert why_not(*sent) == MALFORMED


@pytest.mark.parametrize("sent", [(None, None), ("start=5m", None), (None, "&")])
def test_what_is_not_handed_over_is_refused(sent):
    assert why_not(*sent) == NOT_HANDED_OVER


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("query=" + BAD_PIPE, REFUSED),
        ("qu%65ry=" + BAD_PIPE, REFUSED),
        ("tenant=1", 'Shared tokens may not send the argument "tenant"'),
        ("Query=*", 'Shared tokens may not send the argument "Query"'),
        ("%0d%0aa=1", 'Shared tokens may not send the argument "a"'),
        ("hidden_fields_filters=a", "Shared tokens may not send the argument "),
        ("format=csv", "Shared tokens may not send the argument "),
        (
            "extra_filters=a:in(*|fields+a)",
            "Shared tokens may not use pipes or options",
        ),
        (
            "extra_stream_filters=*|fields+a",
            "Shared tokens may not use pipes or options",
        ),
        (
            "extra_filters=options(concurrency=1)+*",
            "Shared tokens may not use pipes or",
        ),
    ],
)
@pytest.mark.parametrize("place", ["address", "form"])
def test_every_argument_is_read_wherever_it_is(argument, says, place):
    sent = {"address": ASKED, "form": ASKED}
    sent[place] += f"&{argument}"

    assert why_not(**sent).startswith(says)


@given(st.text() | st.text("qery=&%|#;+* 0123456789abcdef"), st.none() | st.text())
def test_whatever_is_sent_there_is_an_answer_that_a_header_can_carry(address, form):
    says = why_not(address, form)

    assert says.isascii()
    assert says.isprintable()


class TestGate:
    @pytest.fixture(autouse=True)
    def share(self, main):
        narrowing = FilterFactory(account=main, field="env", value="prod")
        self.share = ShareFactory(account=main, filters=[narrowing])

    def test_a_shared_token_passes_with_a_harmless_query(self, ask):
        status, headers = ask(
            "query-logsql", self.share.secret_text, HTTP_X_TOLLGATE_QUERY=ASKED
        )

        assert status == 204
        assert headers["X-Tollgate-Args"] == "extra_filters=%22env%22%3A%3D%22prod%22"

    def test_each_query_is_judged_by_itself(self, ask, recorder):
        asked = [ASKED, f"query={BAD_PIPE}", ASKED]

        answers = [
            ask("query-logsql", self.share.secret_text, HTTP_X_TOLLGATE_FORM=each)
            for each in asked
        ]

        assert [status for status, _ in answers] == [204, 403, 204]
        assert answers[1][1]["X-Tollgate-Says"] == REFUSED
        assert "X-Tollgate-Args" not in answers[1][1]

    def test_nothing_passes_without_its_query(self, ask):
        status, headers = ask("query-logsql", self.share.secret_text)

        assert (status, headers["X-Tollgate-Says"]) == (403, NOT_HANDED_OVER)

    def test_a_stopped_token_hears_that_first(self, ask):
        self.share.token.disable(by=BY)
        ask.look()

        _, headers = ask("query-logsql", self.share.secret_text)

        assert headers["X-Tollgate-Says"] == "This shared token is paused"

    def test_queries_of_api_tokens_are_not_read(self, ask, main):
        token = TokenFactory(account=main).secret_text
        query = {"HTTP_X_TOLLGATE_QUERY": f"query={BAD_PIPE}"}

        assert ask.status("query-logsql", token, **query) == 204
        assert ask.status("query-logsql", token) == 204

    def test_other_stores_are_told_nothing_for_logsql(self, ask):
        _, headers = ask("query-logs", self.share.secret_text)

        assert "X-Tollgate-LogQL" in headers
        assert not {"X-Tollgate-Args", "X-Tollgate-LogsQL"} & headers.keys()

    def test_a_refused_query_is_no_use_and_no_misuse(self, gateway_token, recorder):
        asked = Asked(gateway_token.secret_text)

        asked("query-logsql", self.share.secret_text)
        recorder.flush()

        assert not self.share.token.usage.exists()

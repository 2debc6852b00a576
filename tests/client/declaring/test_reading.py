"""Files that say what cannot be meant, each with a sentence and a line."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from client.declaring import document, exporting, reading
from client.declaring.problems import Unusable
from client.declaring.restrictions import NO_NETWORK

SECRET = "tgl_" + "a1B2c3D" * 7
HEAD = "accounts:\n- kind: main\n  name: Acme\n"


def told(path, content):
    """Return what reading a file tells, without the file's name."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(Unusable) as raised:
        reading.read(path)
    return [f"{each.line}: {each}" for each in raised.value.problems]


@pytest.fixture
def tell(tmp_path):
    return lambda content: told(tmp_path / "acme.yaml", content)


BOMB = "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "0: There is nothing in it."),
        ("# nothing\n", "0: There is nothing in it."),
        ("accounts:\n\t- kind: main\n", "2: Indent with spaces: there is a tab."),
        ("accounts: [\n", "2: This is not YAML: did not find expected node content."),
        (
            "a: b: c\n",
            "1: This is not YAML: mapping values are not allowed in this context.",
        ),
        (BOMB, "1: Anchors (&) and aliases (*) are not taken: write it out."),
        ("a: *b\n", "1: Anchors (&) and aliases (*) are not taken: write it out."),
        ("a: !!python/object:os.system x\n", "1: Tags (!) are not taken."),
        ("a: 1\n---\nb: 2\n", "2: A second document begins here: only one is read."),
        ("[a]: 1\n", "1: A name must be a word."),
        ("a: " + "[" * 100 + "]" * 100, "1: This is nested too deeply."),
        (b"a: 1\nb: \xff\n", "2: It is not text in UTF-8."),
        ("a: \x00\n", "0: It has a character that YAML does not allow."),
        ("a: " + "x" * 10_000_000, "0: It is larger than 5 MB. Split it."),
        ("- a\n", "1: must be names with values."),
        ("accounts: {}\n", "1: accounts: must be a list."),
        ("all_accounts: 1\n", "1: accounts: must be given."),
    ],
)
def test_odd_files_are_told_in_a_sentence(tell, content, sentence):
    assert sentence in tell(content)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Unusable) as raised:
        reading.read(tmp_path)
    assert str(raised.value.problems[0]) == "It cannot be read: Is a directory."


def test_all_mistakes_are_told_at_once_each_with_its_line(tell):
    text = """\
accounts:
- kind: main
  name: Acme
  name: Acme
  tokns: []
  retention_days: 0
  doc_size_setting: yes
  max_daily_gb: -1
  sharing_objects_accounts: nobody
  tokens:
  - name: 2024
  - name: Fluent Bit
    expires_at: 2027-02-30T00:00:00Z
  - name: fluent  BIT
    expires_at: tomorrow
    enabled: 1
    secret: {name: .ssh, command: []}
  - {kind: api, name: Terraform}
  - {kind: lgos, name: x}
  filters:
  - {field: customer, value: globex}
  - {field: customer, value: globex}
  - {field: "", value: x}
  shared_tokens:
  - name: Globex
    filters: [{field: customer, value: globx}]
  - name: Both
    filters: [{field: customer, value: globex}]
    shows_everything: true
  - name: Neither
    filters: []
  - {name: New, was: Both, note: "a\\u0007b"}
  views:
  - {title: " ", address: "ftp://x"}
- {kind: main, name: Other}
- {kind: sbu, name: x}
- {kind: sub, name: a/b}
- {kind: metrics, name: Numbers, shared_tokens: [],
   tokens: [{kind: metrics, name: default, enabled: true}, {name: x}]}
"""
    lines = [each.replace("accounts[0].", "") for each in tell(text)]

    assert lines == [
        "4: name is there twice; first in line 3.",
        "5: tokns: is not known here. Did you mean tokens?",
        "6: retention_days: must be at least 1.",
        "7: doc_size_setting: must be true or false.",
        "8: max_daily_gb: must be at least 0.",
        "9: sharing_objects_accounts: must be a list.",
        "11: tokens[0].name: must be text: put it in quotes.",
        "13: tokens[1].expires_at: must be a time such as 2027-01-31T12:00:00Z.",
        "14: tokens[2]: is the same as in line 12.",
        "15: tokens[2].expires_at: must be a time such as 2027-01-31T12:00:00Z.",
        "16: tokens[2].enabled: must be true or false.",
        "17: tokens[2].secret.command: must not be empty.",
        "17: tokens[2].secret.name: must be letters, digits, dashes, dots and "
        "underscores, and begin with no dot.",
        "19: tokens[4].kind: must be logs, metrics, traces or api. Did you mean logs?",
        "22: filters[1]: is the same as in line 21.",
        "23: filters[2].field: must not be empty.",
        "26: shared_tokens[0].filters[0]: is not among the filters of its account. Did "
        "you mean customer: globex?",
        "27: shared_tokens[1]: needs filters, or shows_everything: true, and not both.",
        "30: shared_tokens[2]: needs filters, or shows_everything: true, and not both.",
        "32: shared_tokens[3].note: has a control character in it.",
        "32: shared_tokens[3].was: is declared itself, in line 27.",
        "34: views[0].address: must be an address that begins with https://",
        "34: views[0].title: must have something to see in it, and no control "
        "characters.",
        "35: accounts[1]: is the same as in line 2.",
        "36: accounts[2].kind: must be main, metrics, security, sub or tracing. Did you "
        "mean sub?",
        "37: accounts[3].name: must be 1 to 100 letters, digits, dashes, dots, "
        "underscores and spaces.",
        "38: accounts[4].shared_tokens: is not known here. Did you mean tokens?",
        "39: accounts[4].tokens[0].enabled: an account has this token for good: only "
        "its note and what it is kept to can be changed.",
        "39: accounts[4].tokens[1]: a metrics account has no logs tokens.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}  # was {SECRET}\n",
        f"{HEAD}  tokens: [{{name: x, note: 'use {SECRET} now'}}]\n",
        f"{SECRET}: 1\n",
        f'{HEAD}  tokens: [{{name: x, note: "{SECRET[:20]}\\\n    {SECRET[20:]}"}}]\n',
        f"{HEAD}  tokens: [{{name: x, note: >-\n{SECRET[:20]}\n",
        f"a: [\n# {SECRET}",
    ],
)
def test_the_text_of_a_token_is_refused_anywhere_and_never_repeated(
    tmp_path, capsys, text
):
    path = tmp_path / "acme.yaml"
    path.write_text(text)
    with pytest.raises(Unusable) as raised:
        reading.read(path)

    raised.value.show()

    told = capsys.readouterr().err
    assert SECRET not in told
    if SECRET in text:
        assert "a whole token is in it" in told


def test_names_of_secrets_are_given_once(tell):
    tokens = ", ".join(f"{{name: {each}, secret: {{name: s}}}}" for each in "abc")
    lines = tell(f"{HEAD}  tokens: [{tokens}, {{name: d, secret: {{command: [x]}}}}]\n")

    assert lines == [
        f"4: accounts[0].tokens[{place}].secret.name: is the same as in line 4."
        for place in (1, 2)
    ]


def test_a_filter_that_was_another_is_not_another_one_of_the_file(tell):
    lines = tell(
        f"{HEAD}  filters:\n"
        "  - {field: a, value: b}\n"
        "  - {field: a, value: c, was: {field: a, value: b}}\n"
    )

    assert lines == ["6: accounts[0].filters[1].was: is declared itself, in line 5."]


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        ("203.0.113.1/24", NO_NETWORK),
        ("1.2.3", NO_NETWORK),
        ("0.0.0.0/0", "is every address: leave networks out."),
        ("'::ffff:0:0/96'", "is every address: leave networks out."),
        ("10.0.0.0/255.0.0.0", "is there twice."),
        ("'::ffff:10.0.0.0/104'", "is there twice."),
        ("anywhere", "must be a network such as 203.0.113.0/24."),
        ("12", "must be text: put it in quotes."),
    ],
)
def test_networks_are_networks(tell, network, sentence):
    lines = tell(f"{HEAD}  tokens: [{{name: x, networks: [10.0.0.0/8, {network}]}}]\n")

    assert f"4: accounts[0].tokens[0].networks[1]: {sentence}" in lines


def test_what_is_no_network_stands_in_the_way_of_no_other(tell):
    tokens = "{name: x, networks: [1.2.3, 4, 10.0.0.1]}, {name: y, scopes: [read]}"

    assert tell(f"{HEAD}  tokens: [{tokens}]\n") == [
        f"4: accounts[0].tokens[0].networks[0]: {NO_NETWORK}",
        "4: accounts[0].tokens[0].networks[1]: must be text: put it in quotes.",
        "4: accounts[0].tokens[1].scopes: only API tokens have scopes.",
    ]


def test_lists_have_an_end(tell):
    view = "  - {title: a, address: 'https://a'}\n"

    assert tell(f"{HEAD}  views:\n{view * 51}") == [
        "4: accounts[0].views: has more than 50 items."
    ]


def test_long_and_large_values_are_told(tell):
    lines = tell(
        f"{HEAD}  max_daily_gb: 1000000000000\n  tokens: [{{name: {'x' * 101}}}]\n"
    )

    assert lines == [
        "4: accounts[0].max_daily_gb: must be at most 1e+09.",
        "5: accounts[0].tokens[0].name: is longer than 100 characters.",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("True", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("~", None),
        ("", None),
        ("-12", -12),
        ("007", "007"),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        (".5e+3", 500.0),
        ("1e5", "1e5"),
        ("9" * 30, "9" * 30),
        ("'1'", "1"),
        ("2027-01-01", "2027-01-01"),
    ],
)
def test_plain_words_are_what_they_look_like(text, value):
    node, problems = document.parse(f"a: {text}")

    assert (node.plain, problems) == ({"a": value}, [])


VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(
        st.characters(exclude_categories=["C"]) | st.sampled_from("\n0123456789._+-eE~")
    )
)


@given(
    st.dictionaries(st.text("abc", min_size=1), VALUES | st.lists(VALUES), min_size=1)
)
def test_what_is_written_is_read_as_it_was(value):
    node, problems = document.parse(exporting.dump(value))

    assert (node.plain, problems) == (value, [])


def test_without_libyaml_it_is_the_same(monkeypatch, tell):
    monkeypatch.setattr(document, "LOADER", yaml.SafeLoader)

    assert tell(f"{HEAD}\ttokens: []\n") == ["4: Indent with spaces: there is a tab."]
    assert tell("a: \x00\n") == ["0: It has a character that YAML does not allow."]
    assert tell("a: |\n x\n\tb: [") != []

"""What comes again and again is drawn by its template once for each shape."""

from django.utils.safestring import SafeString

from accounts.web import shapes
from accounts.web.shapes import draw

CLAUSE = "sharing/_logic.html#clause"
LOGIC = "sharing/_logic.html"


def test_values_stand_where_the_template_prints_them_and_are_escaped():
    assert draw(
        CLAUSE, {"field": 'a"<b>', "value": "100 % %(field)s \ue000field\ue001"}
    ) == (
        '<span class="clause" title="a&quot;&lt;b&gt;: 100 % %(field)s \ue000field\ue001">'
        "<bdi>a&quot;&lt;b&gt;</bdi>: <bdi>100 % %(field)s \ue000field\ue001</bdi></span>"
    )


def test_what_is_drawn_already_is_not_escaped_again():
    drawn = draw(CLAUSE, {"field": SafeString("<i>x</i>"), "value": "y"})

    assert "<bdi><i>x</i></bdi>" in drawn
    assert "<i>x</i>" in f"{draw(LOGIC, {'clauses': drawn})}"


def test_a_text_that_is_empty_is_none_to_the_template():
    lost = draw(LOGIC, {"lost": "env: prod", "clauses": ""})

    assert "Its filter env: prod was deleted" in lost
    assert draw(LOGIC, {"lost": "", "clauses": "kept"}).split() == [
        "<div",
        'class="logic">',
        "kept",
        "</div>",
    ]


def test_a_shape_is_drawn_once_and_each_mark_makes_one_of_its_own(monkeypatch):
    asked = []
    real = shapes.get_template
    monkeypatch.setattr(
        shapes, "get_template", lambda name: asked.append(name) or real(name)
    )
    shapes._shape.cache_clear()

    for value in ("a", "b", "c"):
        for everything in (True, False):
            drawn = draw(LOGIC, {"clauses": value}, everything=everything)
            assert (f"    {value}\n" in drawn) is not everything

    assert asked == [LOGIC] * 2

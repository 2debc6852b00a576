"""A tag for what every row of a list has: the nodes of another template, as they are."""

from django import template

register = template.Library()


@register.tag
def embed(_parser, token):
    """Draw a template or a partial of one, which is named by a constant, in this context.

    An include has a context and a state of its own, which takes as long as a cell.
    """
    return EmbedNode(token.split_contents()[1].strip("\"'"))


class EmbedNode(template.Node):
    def __init__(self, name):
        self.name = name
        self.nodes = None

    def render(self, context):
        if self.nodes is None:
            # Only now: templates may be read in any order.
            self.nodes = context.template.engine.get_template(self.name).nodelist
        return self.nodes.render(context)

"""What a person types into the form of a link, and reads before it is saved."""

HX = {"HX-Request": "true"}


def typed(**changes):
    return {"name": "Board", "expires_at": "7", "operator": "AND"} | changes


def agreed(client, address, data):
    """Return what is posted once a person has read the sentence about it."""
    page = client.post(address, data)
    return data | {"agreed": page.context["form"].summary.key}


def sentence(response):
    page = response.content.decode()
    start = page.index('<p class="sentence">')
    return page[start : page.index("</p>", start)]


def words(response):
    text = sentence(response)
    for tag in ("strong", "bdi"):
        text = text.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    return " ".join(text.replace('<p class="sentence">', "").split())

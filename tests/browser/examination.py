"""What holds on every page: it fits its screen, keeps secrets and excludes nobody."""

WIDTHS = (320, 375, 1024, 1280, 3840)
SCHEMES = {375: "dark", 1280: "light"}
MOST_SHOWS = 1280
# Also the designed pages for what is not there, not permitted and not right yet.
ANSWERS = (200, 403, 404, 422)
TOO_WIDE = """
() => [document.scrollingElement, ...document.querySelectorAll(".table-wrap, main")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1)
  .map((box) => {
    const edge = box.getBoundingClientRect().left + box.clientWidth + 1;
    const out = [...box.querySelectorAll("*")]
      .filter((each) => each.getBoundingClientRect().right > edge)
      .map((each) => `${each.localName}.${each.className}`);
    return `${box.localName} ${box.scrollWidth} > ${box.clientWidth}: ${out.slice(0, 5)}`;
  })
"""


def examine(page, response, *, secrets=(), accessibility, thoroughly=True):
    """Return what is wrong with a page that was just opened.

    Where it is one of many, rules that do not depend on the screen are asked for once,
    where most of the page shows.
    """
    content = page.content()
    return [
        *answer(response),
        *(f"shows a secret: {each[:8]}" for each in secrets if each in content),
        *looks(page, accessibility, thoroughly),
    ]


def answer(response):
    if response.status not in ANSWERS:
        yield f"answers {response.status}"
    policy = response.headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        yield f"policy: {policy}"


def looks(page, accessibility, thoroughly=True):
    """Look at every width, and with axe at the cards in dark and the table in light."""
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for words in page.evaluate(TOO_WIDE):
            yield f"at {width} px: {words}"
        if width in SCHEMES:
            page.emulate_media(color_scheme=SCHEMES[width], forced_colors="none")
            everything = thoroughly or width == MOST_SHOWS
            for rule, targets in accessibility(page, everything=everything):
                yield f"{SCHEMES[width]}: {rule} {targets[:3]}"

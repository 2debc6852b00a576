"""What holds on every page: it fits its screen, keeps secrets and excludes nobody."""

WIDTHS = (320, 375, 1280, 3840)
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


def examine(page, response, *, secrets=(), accessibility):
    """Return what is wrong with a page that was just opened."""
    return [
        *answer(response),
        *(f"shows a secret: {each[:8]}" for each in secrets if each in page.content()),
        *layout(page),
        *colours(page, accessibility),
    ]


def answer(response):
    if response.status not in ANSWERS:
        yield f"answers {response.status}"
    policy = response.headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        yield f"policy: {policy}"


def layout(page):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for words in page.evaluate(TOO_WIDE):
            yield f"at {width} px: {words}"


def colours(page, accessibility):
    """Look at the table's layout in light and at the cards in dark."""
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.emulate_media(forced_colors="none", reduced_motion="reduce")
    for scheme, width in (("light", 1280), ("dark", 375)):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for rule, targets in accessibility(page):
            yield f"{scheme}: {rule} {targets[:3]}"

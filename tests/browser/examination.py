"""What holds on every page: it fits its screen, keeps secrets and excludes nobody."""

WIDTHS = (320, 375, 1024, 1280, 3840)
SCHEMES = {375: "dark", 1280: "light"}
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
    content = page.content()
    return [
        *answer(response),
        *(f"shows a secret: {each[:8]}" for each in secrets if each in content),
        *looks(page, accessibility),
    ]


def answer(response):
    if response.status not in ANSWERS:
        yield f"answers {response.status}"
    policy = response.headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        yield f"policy: {policy}"


def looks(page, accessibility):
    """Look at every width, and with axe at the cards in dark and the table in light."""
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for words in page.evaluate(TOO_WIDE):
            yield f"at {width} px: {words}"
        if width in SCHEMES:
            page.emulate_media(color_scheme=SCHEMES[width], forced_colors="none")
            for rule, targets in accessibility(page):
                yield f"{SCHEMES[width]}: {rule} {targets[:3]}"

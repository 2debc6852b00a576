"""Strings that have broken other people's forms, by what they try."""

import itertools

PAYLOADS = ("alert(1)", "alert`1`", "top.x=1", "fetch(`//evil.example`)")
MARKUP = [
    template.format(payload)
    for template in (
        "<script>{}</script>",
        "<img src=x onerror={}>",
        "<svg/onload={}>",
        '"><b onmouseover={}>x</b>',
        "'><i onfocus={} autofocus>x</i>",
        "</title><script>{}</script>",
        "</textarea><script>{}</script>",
        "<!--<script>{}</script>-->",
        "<a href=javascript:{}>x</a>",
        "<iframe srcdoc='<script>{}</script>'>",
        "<math><mtext><script>{}</script>",
        "<details open ontoggle={}>",
    )
    for payload in PAYLOADS
]
TEMPLATES = [
    "{{ 7*7 }}",
    "{% debug %}",
    "{% include 'base.html' %}",
    "{{ request.user.password }}",
    "{% load static %}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{{ settings.SECRET_KEY }}",
    "%(name)s",
    "%s%s%s%n",
    "{0.__class__}",
    "{name.__globals__}",
]
SQL = [
    f"{quote}{tail}"
    for quote in ("'", '"', "\\'", "1", "')", "';")
    for tail in (
        " OR 1=1--",
        "; DROP TABLE tokens_token;--",
        " UNION SELECT 1,2,3--",
        "/**/OR/**/1=1",
        " AND SLEEP(5)--",
        "||pg_sleep(5)--",
    )
]
CONTROL = [chr(number) for number in (*range(32), 127, *range(128, 160))]
UNICODE = [
    "\u202eevil",
    "\u2066\u2067x\u2069",
    "\u200b",
    "\u200d" * 50,
    "\ufeffbom",
    "\ufffe",
    "\uffff",
    "a\u0300" * 60,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A",
    "שלום",
    "مرحبا بالعالم",
    "テスト",
    "ﬁ",
    "İ",
    "ı",
    "ß",
    "\U0001f600" * 30,
    "👩‍👩‍👧‍👦",
    "\U000e0041",
    "\u2028",
    "\u2029",
    "\u00a0\u3000",
    "＜script＞",
    "\u0000\u0000",
    "ＡＢＣ",
    "𝕿𝖔𝖐𝖊𝖓",
    "\u1680",
    "\u115f",
    "\u3164",
    "ￚ",
]
NUMBERS = [
    "0",
    "-1",
    "-0",
    "00",
    "1e309",
    "1e999999",
    "NaN",
    "nan",
    "Infinity",
    "-inf",
    "0x10",
    "1_000",
    "١٢٣",
    "½",
    "1.5",
    "1,5",
    "+1",
    " 1 ",
    "2147483647",
    "2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "9" * 50,
    "9" * 5000,
    "0.1e-400",
    "1" + "0" * 400,
    "true",
    "null",
    "undefined",
    "None",
    "[]",
    "{}",
    "on",
    "off",
]
TIMES = [
    "0000-00-00",
    "9999-12-31",
    "10000-01-01",
    "2026-02-30",
    "2026-13-01T25:61",
    "1970-01-01T00:00",
    "2026-11-29T14:00+99:99",
    "-0001-01-01",
    "2026-11-29T14:00:00.123456789Z",
    "now",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "2026-W48-7",
    "1e10",
    "2026-03-29T02:30",
]
PATHS = [
    "../../../../etc/passwd",
    "..\\..\\windows",
    "/etc/passwd\x00.txt",
    "file:///etc/passwd",
    "//evil.example/",
    "https://evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "\\\\evil\\share",
    "%2e%2e%2f",
    "http://[::1]:80/",
    "///evil.example",
    "/\\evil.example",
    "https:evil.example",
    "\thttps://evil.example",
]
HEADERS = [
    "x\r\nSet-Cookie: a=b",
    "x\nBcc: victim@example.com",
    "x%0d%0aLocation: /",
    "a\rb",
    "victim@example.com\nBcc: other@example.com",
    "a@b",
    "a@b.c,d@e.f",
    '"a b"@example.com',
    "a@xn--e1afmkfd.example",
    "é@example.com",
    "a" * 250 + "@example.com",
    "<a@example.com>",
]
FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "=cmd|' /C calc'!A0",
    "\t=1",
    "\r=1",
    '=HYPERLINK("x")',
]
LENGTHS = [
    "",
    " ",
    "   ",
    "\t",
    "\n",
    *(
        "x" * length
        for length in (1, 100, 101, 200, 201, 254, 512, 513, 1000, 10_000, 100_000)
    ),
]
LOOKS_LIKE_A_SECRET = [
    "tga_" + "A" * 49,
    "tgl_" + "0" * 48,
    "tgs_",
    "00000000-0000-4000-8000-000000000000",
    "A" * 32,
    "tgz_" + "A" * 49,
    "tga_" + "Ａ" * 49,
    "tga-" + "A" * 49,
]
SHELL = [
    "$(id)",
    "`id`",
    "; id",
    "| id",
    "&& id",
    "\\x41",
    "\\u0041",
    "%00",
    "%n",
    "%x" * 20,
    "~root",
    "*",
    "?",
    "[!a]",
    "!!",
]
JSON = [
    '{"a":1}',
    "[1",
    '"',
    "\\",
    "\\\\",
    '{"__proto__":{}}',
    "\x1b[31m",
    "\ud800",
    "\udfff",
    "a\ud800b",
]

SORTS = (
    TEMPLATES,
    SQL,
    CONTROL,
    UNICODE,
    NUMBERS,
    TIMES,
    PATHS,
    HEADERS,
    FORMULAS,
    LENGTHS,
    LOOKS_LIKE_A_SECRET,
    SHELL,
    JSON,
)
STRINGS = list(dict.fromkeys(itertools.chain(MARKUP, *SORTS)))
# What tells databases apart: text that one of them cannot store or compare.
FOR_DATABASES = (CONTROL, UNICODE, NUMBERS, TIMES, LENGTHS, JSON)

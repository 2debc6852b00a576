"""The product's settings, and one empty page more to compare with."""

from config.settings import *  # noqa: F403 -- everything but one value is the product's

ROOT_URLCONF = "benchmarks.urls"

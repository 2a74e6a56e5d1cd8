"""The sprite holds what is asked of it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template, TemplateSyntaxError

from dashboard.parts.icons import icon_names

ROOT = Path(settings.BASE_DIR)
USED = re.compile(r"""\{% icon ["']([a-z0-9-]+)["'] %\}""")


def test_the_sprite_is_what_names_txt_says():
    names = (ROOT / "static/vendor/tabler-icons/names.txt").read_text().split()
    assert icon_names() == set(names)
    assert len(names) == len(set(names))


def test_every_icon_that_a_template_names_is_there():
    for page in (ROOT / "templates").rglob("*.html"):
        missing = set(USED.findall(page.read_text())) - icon_names()
        assert not missing, (page, missing)


def test_an_icon_that_is_not_there_is_a_fault():
    with pytest.raises(TemplateSyntaxError, match="no icon 'unicorn'"):
        Template("{% load desk %}{% icon 'unicorn' %}").render(Context())


def test_an_icon_is_for_the_eye_only():
    html = Template("{% load desk %}{% icon 'mail' %}").render(Context())
    assert 'aria-hidden="true"' in html and "sprite.svg#mail" in html

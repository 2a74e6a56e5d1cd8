"""What the strict content policy needs of every template and stylesheet."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command
from django.template.loader import get_template

from reports.documents.evidence_pdf import WRITER

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: str(page.relative_to(ROOT / "templates")))
def test_a_template_compiles_and_holds_no_style_and_no_script_of_its_own(page):
    source = page.read_text()
    name = str(page.relative_to(ROOT / "templates"))
    (WRITER.get_template if name.startswith("documents/") else get_template)(name)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|\bhx-on|javascript:", source)
    for tag in re.findall(r"<script\b[^>]*>", source):
        assert 'type="application/json"' in tag or ('nonce="{{ csp_nonce }}"' in tag and " src=" in tag), tag


def test_the_settings_of_htmx_are_json_that_swaps_a_422_and_evaluates_nothing():
    source = (ROOT / "templates/parts/htmx_config.html").read_text()
    config = json.loads(re.search(r"htmx-config\" content='(.+?)'", source)[1])
    assert config["allowEval"] is False and config["includeIndicatorStyles"] is False
    assert config["selfRequestsOnly"] is True and config["allowScriptTags"] is False
    rules = {rule["code"]: rule["swap"] for rule in config["responseHandling"]}
    assert rules["422"] is True and rules["[45].."] is False
    assert list(rules).index("422") < list(rules).index("[45]..")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_evaluates_nothing_and_writes_no_markup(script):
    source = script.read_text()
    assert not re.search(
        r"\beval\(|new Function|innerHTML\s*[+]?=|insertAdjacentHTML|document\.write", source
    )
    assert len(source.splitlines()) <= 400


def test_every_address_in_a_stylesheet_leads_to_a_file_and_no_file_leads_outside():
    for sheet in [ROOT / "static/app.css", *sorted((ROOT / "static/css").glob("*.css"))]:
        for address in re.findall(r"""url\(["']?([^"')]+)""", sheet.read_text()):
            if not address.startswith("data:"):
                assert (sheet.parent / address).is_file(), (sheet, address)
    for sheet in (ROOT / "static/css").glob("*.css"):
        assert f"css/{sheet.name}" in (ROOT / "static/app.css").read_text(), f"{sheet.name} is not imported"


def test_every_file_can_be_given_a_name_by_its_content(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    names = ManifestStaticFilesStorage(location=tmp_path).hashed_files
    sheet = (tmp_path / names["app.css"]).read_text()
    assert names["css/tokens.css"].split("/")[-1] in sheet and "layer(vendor)" in sheet
    fonts = (tmp_path / names["css/fonts.css"]).read_text()
    assert names["vendor/inter/inter-latin-wght-normal.woff2"].split("/")[-1] in fonts


def test_what_is_vendored_says_its_version_and_licence():
    page = (ROOT / "docs/licences.md").read_text()
    for folder in sorted((ROOT / "static/vendor").iterdir()):
        version = (folder / "VERSION").read_text().strip()
        assert (folder / "LICENSE").stat().st_size > 300
        assert re.search(rf"\| `{folder.name}` \| `[^`]+` \| {re.escape(version)} \|", page), folder.name

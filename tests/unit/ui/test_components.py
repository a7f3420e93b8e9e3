"""Components as templates use them: what they say, what they refuse to show, and no inline style anywhere."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template import engines
from django.template.loader import get_template

TEMPLATES = Path(settings.BASE_DIR) / "templates"


def render(source: str, **context: object) -> str:
    return " ".join(engines["django"].engine.from_string(_compiled(source)).render(_context(context)).split())


def _compiled(source: str) -> str:
    from django_cotton.compiler_regex import CottonCompiler

    return CottonCompiler().process(source)


def _context(values: dict[str, object]) -> object:
    from django.template import Context

    return Context(values)


def test_components_are_compiled_by_the_project_s_loaders() -> None:
    """Cotton and template-partials each set the loaders up; only an explicit list holds both."""
    page = get_template("ui/progress.html").render({"done": 1, "next": 2})
    assert "<c-" not in page
    assert "<progress" in page


def test_fact_with_its_chip() -> None:
    html = render(
        '<c-fact label="Stage" value="IVA" fact="silver.stages/1" source="/s/1" document="Clinic letter"'
        ' :date="on" origin="text" state="unverified" />',
        on=date(2024, 4, 2),
    )
    assert 'aria-label="Source of Stage: Clinic letter, 02 Apr 2024, not yet verified"' in html
    assert 'class="chip chip-text"' in html
    assert 'data-fact="silver.stages/1"' in html


def test_fact_without_a_source_is_not_rendered() -> None:
    assert render('<c-fact label="Stage" value="IVA" />').strip() == ""


def test_hostile_value_is_escaped() -> None:
    html = render('<c-fact label="Note" :value="v" source="/s" />', v="<script>alert(1)</script>")
    assert "<script>" not in html


def test_progress_polls_until_it_is_finished() -> None:
    running = render('<c-progress url="/p" label="Import" value="1" max="2" />')
    finished = render('<c-progress url="/p" label="Import" value="2" max="2" finished="1" />')
    assert 'hx-get="/p"' in running and 'hx-swap="outerMorph"' in running
    assert "hx-" not in finished


def test_field_links_label_help_and_error() -> None:
    class Form(forms.Form):
        reason = forms.CharField(help_text="Why")

    html = render('<c-error-summary :form="form" /><c-field :field="form.reason" />', form=Form({}))
    assert '<label for="id_reason">' in html
    assert 'aria-describedby="id_reason_helptext' in html
    assert 'href="#id_reason"' in html
    assert 'aria-invalid="true"' in html


PAGES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("name", PAGES)
def test_no_template_breaks_the_policy(name: str) -> None:
    """Inline style, inline script and script in attributes are refused by the browser: refuse them here."""
    if "pdf" in name:
        pytest.skip("printed by WeasyPrint, not shown by a browser")
    comments = r"{#.*?#}|{% comment %}.*?{% endcomment %}"
    text = re.sub(comments, "", (TEMPLATES / name).read_text(), flags=re.DOTALL)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=\s*[\"']|hx-on|javascript:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)

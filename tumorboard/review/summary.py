"""The case on paper: a tagged PDF, every value with its source in words."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string


class CannotPrint(RuntimeError):
    """The machine lacks what the PDF writer needs; the message names the remedy."""


def pdf(context: dict[str, Any]) -> bytes:
    """The summary as PDF/UA. Raises CannotPrint. Nothing is fetched: the page stands alone."""
    html = render_to_string("review/summary_pdf.html", context)
    document = _writer()(string=html, base_url=str(settings.BASE_DIR), url_fetcher=_refuse)
    return bytes(document.write_pdf(pdf_variant="pdf/ua-1"))


def _refuse(url: str, *args: Any, **kwargs: Any) -> Any:
    raise ValueError("a printed summary fetches nothing")


@cache
def _writer() -> Any:
    try:
        from weasyprint import HTML  # noqa: PLC0415 - loads system libraries that a machine may lack
    except OSError as error:
        raise CannotPrint(
            "PDF needs Pango: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        ) from error
    return HTML

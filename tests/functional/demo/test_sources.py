"""Every value on a page opens to its source, and the source holds the value."""

from __future__ import annotations

import pytest

from tests.functional.browser import focused, press


def facts_of(page) -> list[tuple[str, str]]:
    return page.locator("[data-fact]").evaluate_all("all => all.map(e => [e.dataset.fact, e.dataset.source])")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_every_fact_has_a_living_source(signed_in, case_paths, number) -> None:
    with signed_in("oncologist") as v:
        v.open(case_paths[number])
        facts = facts_of(v.page)
        assert len(facts) > 20
        dead = []
        for fact, source in dict(facts).items():
            answer = v.page.request.get(v.origin + source, headers={"HX-Request": "true"})
            if answer.status != 200 or "Lineage" not in answer.text():
                dead.append((fact, answer.status))
        assert dead == []


def test_a_source_leads_to_the_file_and_the_place_in_it(signed_in, case_paths) -> None:
    with signed_in("oncologist") as v:
        v.open(case_paths[0])
        v.page.locator("#snapshot .chip").first.click()
        panel = v.page.locator("#source-panel")
        panel.locator("text=content SHA-256").wait_for()
        lineage = panel.locator(".lineage li").all_inner_texts()
        assert lineage[0].startswith("gold.case_facts version")
        assert any(step.startswith("silver.") for step in lineage)
        assert any(step.startswith("bronze.") for step in lineage)
        assert any(step.startswith("file ") for step in lineage)
        assert panel.locator("mark").count() == 1
        v.assert_clean()


def test_worklist_to_verified_fact_by_keyboard(signed_in, case_paths) -> None:
    """At most 20 keys from the worklist to an open source; Esc returns to the chip."""
    with signed_in("pathologist") as v:
        v.open("/")
        press(v.page, "Tab", "Enter")  # the link that skips to the content
        keys = 2
        while case_paths[0] not in (
            v.page.evaluate("() => document.activeElement.getAttribute('href') || ''")
        ):
            press(v.page, "Tab")
            keys += 1
            assert keys < 20
        press(v.page, "Enter")
        v.page.wait_for_url("**" + case_paths[0])
        v.page.wait_for_function("() => document.documentElement.dataset.ready !== undefined")
        press(v.page, "j", "j", "Tab", "Enter")
        keys += 5
        v.page.locator("#source-panel .lineage").wait_for()
        assert keys <= 20
        press(v.page, "Escape")
        assert focused(v.page).startswith("Source of")


def test_verify_and_dispute_are_kept(signed_in, case_paths) -> None:
    with signed_in("oncologist") as v:
        v.open(case_paths[1])
        v.page.locator("#snapshot .chip").nth(1).click()
        panel = v.page.locator("#source-panel")
        panel.locator("text=Verify").first.click()
        panel.locator("text=Verified by Dr A. Okafor").wait_for()
        panel.locator("summary", has_text="Dispute").click()
        panel.locator("textarea").fill("Not the value of the pathology report.")
        panel.locator("button", has_text="Dispute").click()
        panel.locator("text=Disputed by Dr A. Okafor").wait_for()
        v.open(case_paths[1])
        assert "in conflict" in (v.page.locator("#snapshot .chip").nth(1).get_attribute("aria-label") or "")
        v.assert_clean()


def test_screening_again_shows_progress_and_ends(signed_in, case_paths) -> None:
    with signed_in("oncologist") as v:
        v.open(case_paths[0])
        v.page.locator("#screening button").click()
        v.page.locator("#screening progress").first.wait_for()
        v.page.locator("#screening", has_text="Done").wait_for(timeout=60_000)
        v.assert_clean()


def test_the_pdf_holds_every_snapshot_fact(signed_in, case_paths) -> None:
    import io

    from pypdf import PdfReader

    with signed_in("oncologist") as v:
        v.open(case_paths[0])
        labels = v.page.locator("#snapshot dt").all_inner_texts()
        content = v.page.request.get(f"{v.origin}{case_paths[0]}summary.pdf").body()
    reader = PdfReader(io.BytesIO(content))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert all(label.split("\n")[0].removesuffix(" Conflict").strip() in text for label in labels)
    assert "SYNTHETIC" in text
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF boolean

"""OncoKB levels from the columns its annotator adds to a MAF."""

from __future__ import annotations

from tumorboard.pipeline.knowledge import oncokb

ROW = {
    "Hugo_Symbol": "BRAF",
    "HGVSp_Short": "p.V600E",
    "LEVEL_1": "Dabrafenib+Trametinib,Vemurafenib+Cobimetinib",
    "LEVEL_R1": "Cetuximab",
    "LEVEL_3B": "Encorafenib",
    "HIGHEST_LEVEL": "LEVEL_1",
}


def test_each_level_is_an_entry_with_its_own_level_only():
    found = {entry.oncokb: (entry, match) for entry, match in oncokb.entries(ROW, "v4")}
    assert set(found) == {"1", "R1", "3B"}
    entry, match = found["1"]
    assert entry.therapies == ("Dabrafenib + Trametinib", "Vemurafenib + Cobimetinib")
    assert (entry.direction, match, entry.knowledge_version) == ("sensitive", "same", "v4")
    assert found["R1"][0].direction == "resistant"
    assert found["3B"][1] == "other"
    assert (entry.escat, entry.amp, entry.nct_dktk) == ("", "", "")


def test_a_row_without_levels_gives_nothing():
    assert list(oncokb.entries({"Hugo_Symbol": "BRAF", "LEVEL_1": ""})) == []
    assert not oncokb.is_annotated({"Hugo_Symbol": "BRAF"})
    assert oncokb.is_annotated(ROW)

"""Publications as OpenLineage run events (https://openlineage.io/spec/2-0-2/OpenLineage.json).

One COMPLETE event per published version: the job is what makes the table, inputs and output are datasets with
their version, schema, column lineage and, for the output, counts and the rules its rows keep.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tumorboard.lake.publishing import Publication
from tumorboard.lake.tables import Table

EVENT = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = "https://openlineage.io/spec/facets/"
VERSIONS = {
    "version": ("1-0-1/DatasetVersionDatasetFacet.json", "DatasetVersionDatasetFacet"),
    "schema": ("1-1-1/SchemaDatasetFacet.json", "SchemaDatasetFacet"),
    "columnLineage": ("1-2-0/ColumnLineageDatasetFacet.json", "ColumnLineageDatasetFacet"),
    "documentation": ("1-0-1/DocumentationDatasetFacet.json", "DocumentationDatasetFacet"),
    "outputStatistics": (
        "1-0-2/OutputStatisticsOutputDatasetFacet.json",
        "OutputStatisticsOutputDatasetFacet",
    ),
    "dataQualityAssertions": (
        "1-0-1/DataQualityAssertionsDatasetFacet.json",
        "DataQualityAssertionsDatasetFacet",
    ),
    "dataQualityMetrics": (
        "1-0-2/DataQualityMetricsInputDatasetFacet.json",
        "DataQualityMetricsInputDatasetFacet",
    ),
    "jobType": ("2-0-3/JobTypeJobFacet.json", "JobTypeJobFacet"),
    "processing_engine": ("1-1-1/ProcessingEngineRunFacet.json", "ProcessingEngineRunFacet"),
}
Find = Callable[[str], Table]


def event(
    publication: Publication,
    at: datetime,
    *,
    namespace: str,
    producer: str,
    table: Find,
    rows: Mapping[str, int],
) -> dict[str, Any]:
    """The run event of one version. `rows` holds the number of rows of each input at the version read.

    Holds names of tables and columns, versions, hashes and counts: no value of any patient.
    """
    maker = Maker(namespace, producer)
    return {
        "eventTime": at.isoformat(),
        "eventType": "COMPLETE",
        "producer": producer,
        "schemaURL": EVENT,
        "run": {"runId": maker.run(publication), "facets": maker.run_facets(publication)},
        "job": {"namespace": namespace, "name": f"build.{publication.table}", "facets": maker.job_facets()},
        "inputs": [maker.input(name, v, table, rows) for name, v in sorted(publication.inputs.items())],
        "outputs": [maker.output(publication, table(publication.table))],
    }


class Maker:
    """The parts of an event, all of one namespace and producer."""

    def __init__(self, namespace: str, producer: str) -> None:
        self.namespace = namespace
        self.producer = producer

    def run(self, publication: Publication) -> str:
        """One run makes several tables; each event has a run of its own, the same at every export."""
        return str(
            uuid.uuid5(uuid.NAMESPACE_URL, f"{publication.table}@{publication.version}:{publication.run_id}")
        )

    def run_facets(self, publication: Publication) -> dict[str, Any]:
        return {
            "processing_engine": self._facet(
                "processing_engine", version=publication.code_version, name="Tumorboard pipeline"
            )
        }

    def job_facets(self) -> dict[str, Any]:
        return {
            "jobType": self._facet(
                "jobType", processingType="BATCH", integration="TUMORBOARD", jobType="BUILD"
            )
        }

    def input(self, name: str, version: int, table: Find, rows: Mapping[str, int]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "namespace": self.namespace,
            "name": name,
            "facets": {"version": self._facet("version", datasetVersion=str(version))},
        }
        found["facets"]["schema"] = self._schema(table(name))
        if name in rows:
            metrics = self._facet("dataQualityMetrics", rowCount=rows[name], columnMetrics={})
            found["inputFacets"] = {"dataQualityMetrics": metrics}
        return found

    def output(self, publication: Publication, table: Table) -> dict[str, Any]:
        sizes = [int(entry["size"]) for entry in publication.manifest.values()]
        facets = {
            "version": self._facet("version", datasetVersion=str(publication.version)),
            "schema": self._schema(table),
            "documentation": self._facet("documentation", description=table.meaning),
            "columnLineage": self._facet("columnLineage", fields=self._fields(publication, table)),
            "dataQualityAssertions": self._facet(
                "dataQualityAssertions", assertions=list(_assertions(table))
            ),
        }
        statistics = {"rowCount": publication.rows, "size": sum(sizes), "fileCount": len(sizes)}
        return {
            "namespace": self.namespace,
            "name": publication.table,
            "facets": facets,
            "outputFacets": {"outputStatistics": self._facet("outputStatistics", **statistics)},
        }

    def _schema(self, table: Table) -> dict[str, Any]:
        fields = [
            {"name": c.name, "type": c.spark_type, "description": c.meaning} for c in table.columns.values()
        ]
        return self._facet("schema", fields=fields)

    def _fields(self, publication: Publication, table: Table) -> dict[str, Any]:
        return {
            name: {"inputFields": fields}
            for name in table.columns
            if (fields := [self._source(*source) for source in sources_of(publication, name)])
        }

    def _source(self, table: str, column: str, known: bool) -> dict[str, Any]:
        """DIRECT where the value is known to come from it; INDIRECT where code saw it among others."""
        return {
            "namespace": self.namespace,
            "name": table,
            "field": column,
            "transformations": [
                {
                    "type": "DIRECT" if known else "INDIRECT",
                    "subtype": "TRANSFORMATION" if known else "CONDITIONAL",
                }
            ],
        }

    def _facet(self, kind: str, **content: Any) -> dict[str, Any]:
        path, name = VERSIONS[kind]
        return {"_producer": self.producer, "_schemaURL": f"{FACETS}{path}#/$defs/{name}", **content}


def sources_of(publication: Publication, column: str) -> list[tuple[str, str, bool]]:
    """(table, column, known) of what a column is made of: exactly known, else every column the build read."""
    if column in publication.traces:
        places = [place.rpartition(".") for place in publication.traces[column]]
        return [(table, name, True) for table, _, name in places]
    return [
        (table, name, False)
        for table, names in sorted(publication.reads.items())
        for name in names
        if name != "*"
    ]


def _assertions(table: Table) -> list[dict[str, Any]]:
    """The rules every published row keeps; a row that broke one went to quarantine."""
    return [
        {"assertion": rule.sentence, "success": True, "column": column.name}
        for column in table.columns.values()
        for rule in column.constraints
    ]

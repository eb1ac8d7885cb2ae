"""Whatever is wrong in a warehouse turns the test of that promise red, and no other."""

import re
from collections.abc import Collection

import duckdb
import pytest

pytest.importorskip("dbt.cli.main", reason="dbt is in an environment of its own: tox run -e dbt")

from dbt_package.running import DATASETS, Project

SOME = "(SELECT technician_id FROM fts.fts_records WHERE NOT _fivetran_deleted GROUP BY 1 HAVING count(*) > 5 ORDER BY 1 LIMIT 1)"
PRODUCT = "(SELECT product_id FROM mso.mso_products WHERE NOT _fivetran_deleted ORDER BY 1 LIMIT 1)"
NEWEST = f"""(SELECT record_id FROM mso.mso_records WHERE product_id = {PRODUCT} AND NOT _fivetran_deleted
ORDER BY last_updated_epoch DESC NULLS LAST, record_id DESC LIMIT 1)"""

# What is done to the warehouse → the tests that are red then.
CORRUPTIONS: dict[str, tuple[str, Collection[str]]] = {
    "a record twice": (
        """INSERT INTO fts.fts_records BY NAME
        SELECT * REPLACE (NULL AS technician_id) FROM (SELECT * FROM fts.fts_records WHERE NOT _fivetran_deleted LIMIT 1)""",
        {"fts_records__key__unique"},
    ),
    "a record without its key": (
        "INSERT INTO fts.fts_records (customer_id, _fivetran_deleted) VALUES ('C', false)",
        {"fts_records__record_id__not_null"},
    ),
    "a group's count off by one": (
        f"UPDATE fts.fts_technicians SET total_tasks = total_tasks + 1 WHERE technician_id = {SOME}",
        {"fts_technicians__total_tasks__holds"},
    ),
    "a sum of floats off by a cent": (
        f"UPDATE fts.fts_technicians SET total_maintenance_cost = total_maintenance_cost - 0.01 WHERE technician_id = {SOME}",
        {"fts_technicians__total_maintenance_cost__holds"},
    ),
    "a sum of whole numbers off by one": (
        f"UPDATE fts.fts_technicians SET total_downtime_hours = total_downtime_hours + 1 WHERE technician_id = {SOME}",
        {"fts_technicians__total_downtime_hours__holds"},
    ),
    "a sum that is missing": (
        f"UPDATE fts.fts_technicians SET total_time_saved = NULL WHERE technician_id = {SOME}",
        {"fts_technicians__total_time_saved__holds"},
    ),
    "a group whose last record has gone": (
        f"UPDATE fts.fts_records SET _fivetran_deleted = true WHERE technician_id = {SOME}",
        {"fts_technicians__has_its__fts_records"},
    ),
    "a group without a row": (
        f"DELETE FROM fts.fts_technicians WHERE technician_id = {SOME}",
        {"fts_records__has_its__fts_technicians"},
    ),
    "a group's row deleted before its records": (
        f"UPDATE fts.fts_technicians SET _fivetran_deleted = true WHERE technician_id = {SOME}",
        {"fts_records__has_its__fts_technicians"},
    ),
    "a deleted record that is still counted": (
        f"""UPDATE fts.fts_records SET _fivetran_deleted = true WHERE record_id = (
        SELECT min(record_id) FROM fts.fts_records WHERE technician_id = {SOME} AND NOT _fivetran_deleted
        AND maintenance_cost > 0 AND downtime_hours > 0 AND summarization_time_saved > 0)""",
        {
            f"fts_technicians__{name}__holds"
            for name in ("total_tasks", "total_maintenance_cost", "total_downtime_hours", "total_time_saved")
        },
    ),
    "a row of no group": (
        "INSERT INTO fts.fts_technicians VALUES ('TECH_NOBODY', 0, 0, 0, 0, false, now())",
        {"fts_technicians__has_its__fts_records"},
    ),
    "a group twice": (
        f"INSERT INTO fts.fts_technicians SELECT * FROM fts.fts_technicians WHERE technician_id = {SOME}",
        {"fts_technicians__key__unique"},
    ),
    "a row of the null group": (
        "INSERT INTO fts.fts_technicians VALUES (NULL, 0, 0, 0, 0, false, now())",
        {"fts_technicians__technician_id__not_null"},
    ),
    "a value of an older record": (
        f"UPDATE mso.mso_products SET product_name = 'Product of last year' WHERE product_id = {PRODUCT}",
        {"mso_products__product_name__holds"},
    ),
    "a value that is missing": (
        f"UPDATE mso.mso_products SET product_lifecycle_stage = NULL WHERE product_id = {PRODUCT}",
        {"mso_products__product_lifecycle_stage__holds"},
    ),
    "a record that changed without its product": (
        f"UPDATE mso.mso_records SET product_lifecycle_status = 'Changed' WHERE record_id = {NEWEST}",
        {"mso_products__product_lifecycle_status__holds"},
    ),
    "a product without a row": (
        f"DELETE FROM mso.mso_products WHERE product_id = {PRODUCT}",
        {"mso_records__has_its__mso_products"},
    ),
    "a row of no product": (
        "INSERT INTO mso.mso_products (product_id, _fivetran_deleted) VALUES ('PRD_NONE', false)",
        {"mso_products__has_its__mso_records"},
    ),
    "a child of nobody": (
        "INSERT INTO crew.crew_shifts (crew, number) VALUES ('C9', 1)",
        {"crew_shifts__has_its__crews"},
    ),
    "a parent that was deleted": (
        "UPDATE crew.crews SET _fivetran_deleted = true WHERE crew_id = 'C2'",
        {"crew_shifts__has_its__crews"},
    ),
    "a key of two columns twice": (
        "INSERT INTO crew.crew_shifts (crew, number) VALUES ('C1', 1)",
        {"crew_shifts__key__unique"},
    ),
    "half a key": (
        "INSERT INTO crew.crew_shifts (crew, number) VALUES ('C1', NULL)",
        {"crew_shifts__number__not_null"},
    ),
    "a sum of decimals off by its last digit": (
        "UPDATE crew.shift_totals SET paid = paid + 0.001 WHERE crew = 'C1' AND kind = 'day'",
        {"shift_totals__paid__holds"},
    ),
    "a smallest day": (
        "UPDATE crew.shift_totals SET first = first + 1 WHERE crew = 'C2' AND kind = 'day'",
        {"shift_totals__first__holds"},
    ),
    "a largest moment": (
        "UPDATE crew.shift_totals SET last = last + INTERVAL 1 SECOND WHERE crew = 'C2' AND kind = 'night'",
        {"shift_totals__last__holds"},
    ),
    "a largest text in a column with a reserved name": (
        "UPDATE crew.shift_totals SET \"order\" = 'A' WHERE crew = 'C1' AND kind = 'day'",
        {"shift_totals__order__holds"},
    ),
    "JSON of another record": (
        "UPDATE crew.kinds SET note = '{\"crew\": \"C9\"}' WHERE kind = 'night'",
        {"kinds__note__holds"},
    ),
}

HARMLESS: dict[str, str] = {
    "a sum rounded another way": """UPDATE fts.fts_technicians SET total_maintenance_cost =
        total_maintenance_cost * (1 + 1e-15)""",
    "a deleted row that is wrong": """INSERT INTO fts.fts_technicians
        SELECT technician_id, 0, 0, 0, 0, true, now() FROM fts.fts_technicians""",
    "a deleted record with the key of another": """INSERT INTO crew.crew_shifts (crew, number, _fivetran_deleted)
        VALUES ('C1', 1, true)""",
    "a record in no group": "INSERT INTO crew.crew_shifts (crew, number, hours) VALUES ('C3', 7, 1e9)",
    "an older record": f"""UPDATE mso.mso_records SET product_name = 'Old'
        WHERE product_id = {PRODUCT} AND record_id <> {NEWEST}""",
}


def corrupt(project: Project, statement: str) -> str:
    """Do that to the warehouse as it was landed, and say of which package its tests are: the tables of others are as before."""
    project.reset()
    with duckdb.connect(str(project.warehouse)) as database:
        [changed] = database.execute(statement).fetchone() or [0]
        assert changed > 0
    found = re.search(rf"\b({'|'.join(DATASETS)})\.", statement)
    assert found
    return f"package:{found[1]}"


@pytest.mark.parametrize("what", CORRUPTIONS)
def test_what_is_wrong_turns_its_test_red_and_no_other(project: Project, what: str) -> None:
    statement, red = CORRUPTIONS[what]
    package = corrupt(project, statement)
    assert project.not_passed("test", "--select", package) == dict.fromkeys(red, "fail")


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_no_fault_stays_green(project: Project, what: str) -> None:
    package = corrupt(project, HARMLESS[what])
    outcomes = project.outcomes("test", "--select", package)
    assert len(outcomes) >= 10
    assert set(outcomes.values()) == {"pass"}


@pytest.mark.parametrize(("hours", "outcome"), [(1, "pass"), (30, "warn"), (80, "error")])
def test_a_source_that_is_late_is_told(project: Project, hours: int, outcome: str) -> None:
    corrupt(project, f"UPDATE fts.fts_records SET _fivetran_synced = now() - INTERVAL {hours} HOUR")
    found = project.outcomes("source", "freshness")
    assert found.pop("fts.fts_records") == outcome
    assert set(found) == {"mso.mso_records", "crew.crews", "crew.crew_shifts"}  # extra tables send only what has changed
    assert set(found.values()) == {"pass"}


def test_how_late_is_late_is_a_variable(project: Project) -> None:
    corrupt(project, "UPDATE fts.fts_records SET _fivetran_synced = now() - INTERVAL 30 HOUR")
    variables = "{fts__freshness_warn_hours: 10, fts__freshness_error_hours: 20}"
    assert project.outcomes("source", "freshness", "--vars", variables)["fts.fts_records"] == "error"

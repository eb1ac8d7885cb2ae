"""A Spark of one's own: two cores in this process's JVM, or a cluster of two executors in processes of their own.

It is a plugin of pytest that `tox run -e spark` names: `pytest -p spark_sessions`.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession

from connector_spark import ConnectorSource

TESTS = Path(__file__).parents[1]
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "America/New_York",
    "spark.sql.python.filterPushdown.enabled": "true",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
"""A time zone in which no moment looks like that of UTC."""


def started(master: str, **more: str) -> SparkSession:
    """A session on *master*, with the data source."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_HOME"] = str(Path(pyspark.__file__).parent)
    os.environ["PYTHONPATH"] = os.pathsep.join([*(path for path in sys.path if path), str(TESTS), str(TESTS / "spark")])
    builder = SparkSession.builder.master(master).appName("connector tests")
    for name, value in {**SETTINGS, "spark.executorEnv.PYTHONPATH": os.environ["PYTHONPATH"], **more}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    session.dataSource.register(ConnectorSource)
    return session


@pytest.fixture(scope="session")
def local() -> Iterator[SparkSession]:
    """Two threads of one JVM."""
    session = started("local[2]")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def cluster() -> Iterator[SparkSession]:
    """Two executors, each a process of its own, which Spark starts anew when it dies."""
    if active := SparkSession.getActiveSession():
        active.stop()
    of_ours = {"spark.executor.extraJavaOptions": f"-Dtests.of={os.getpid()}"}  # so that a test kills no other's
    session = started("local-cluster[2,1,1024]", **{"spark.executor.memory": "1g", **of_ours})
    yield session
    session.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The cluster comes last: there is one Spark at a time in a process, and it takes a while to start."""
    items.sort(key=lambda item: "cluster" in getattr(item, "fixturenames", ()))


def pytest_configure() -> None:
    """Say at once, and clearly, that there is no Java."""
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        pytest.exit("There is no Java, which Spark runs on: apt-get install openjdk-17-jre-headless", returncode=4)

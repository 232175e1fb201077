"""Where the broker's jars and its Java come from: Maven artifacts, fetched once into the cache."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sla_platform.local.cache import fetched_once
from sla_platform.local.errors import Unavailable
from sla_platform.local.process import run

PART = "Apache Kafka"
KAFKA_VERSION = "4.1.0"
_OLDEST_JAVA = 17
_FETCH_SECONDS = 600.0
_HERE = Path(__file__).parent
LOG4J_CONFIGURATION = _HERE / "kafka_log4j2.properties"


def java() -> Path:
    """Return the path of the `java` program that runs the broker.

    Raises:
        Unavailable: There is no Java of version 17 or newer.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else None
    found = found or shutil.which("java")
    if found is None:
        raise Unavailable(PART, "no Java; install Debian's default-jre-headless")
    if _release(found) < _OLDEST_JAVA:
        raise Unavailable(PART, f"{found} is older than Java {_OLDEST_JAVA}; install default-jre-headless")
    return Path(found)


@cache
def _release(program: str) -> int:
    """Return the major version that a Java reports; 0 if it reports none."""
    reported = re.search(r'version "(\d+)', run([program, "-version"]).stdout)
    return int(reported.group(1)) if reported else 0


def kafka_jars(version: str = KAFKA_VERSION) -> Path:
    """Return the folder with all Java libraries (jars) of this `version` of the Kafka broker.

    Maven downloads them at the first call.

    Raises:
        Unavailable: The jars are not in the cache, and Maven is absent or cannot download them.
    """
    return fetched_once(f"kafka-{version}", _fetch(version)) / "libs"


def _fetch(version: str) -> Callable[[Path], None]:
    def fetch(folder: Path) -> None:
        maven = shutil.which("mvn")
        if maven is None:
            raise Unavailable(PART, "no jars in the cache and no Maven to fetch them; install Debian's maven")
        result = run(
            [
                maven, "-q", "-B", "-f", _HERE / "kafka_pom.xml", f"-Dkafka.version={version}",
                "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'libs'}",
            ],
            cwd=folder,
            timeout=_FETCH_SECONDS,
        )  # fmt: skip
        if result.returncode != 0:
            raise Unavailable(PART, f"Maven could not fetch the jars: {result.stdout.strip()[-500:]}")

    return fetch

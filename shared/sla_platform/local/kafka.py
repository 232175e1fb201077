"""One real Apache Kafka broker (KRaft, broker and controller in one process) on loopback.

The data directory remembers ports and cluster id, so a broker that was stopped or killed comes back
on the same address with the same data, also from another Python process.
"""

from __future__ import annotations

import base64
import json
import shutil
import signal
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from sla_platform.local.errors import StartFailed
from sla_platform.local.kafka_jars import KAFKA_VERSION, LOG4J_CONFIGURATION, PART, java, kafka_jars
from sla_platform.local.ports import free_ports, port_in_use
from sla_platform.local.process import Process, run, spawn

_POLL_SECONDS = 0.05
_STARTED = "Kafka Server started"
_PROTOCOLS = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL"

BRIEF: Sequence[str] = ("-XX:TieredStopAtLevel=1",)
"""Options of the JVM for a broker that lives for a few tests: half the processor time until it is ready, because
nothing is compiled to the last bit. A broker that works for long, or is measured, does without."""


@dataclass(frozen=True, slots=True)
class _Address:
    """What must stay the same for the life of a data directory."""

    port: int
    controller_port: int
    cluster_id: str


class KafkaBroker:
    """A real Kafka broker on this machine.

    Starting, stopping and killing block: from a coroutine call these methods through `asyncio.to_thread`.

    Args:
        data_dir: The folder with the broker's data.
        port: The port. None means that it is chosen at the first start.
        heap_mb: Memory of the broker's Java, in MiB.
        settings: Name -> value for server.properties.
        jvm: Options of the broker's Java.
        listeners: Protocol such as `SASL_SSL` -> an additional port.
        users: Name -> password of the users who may log in by SCRAM.
    """

    version = KAFKA_VERSION

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        *,
        heap_mb: int = 384,
        settings: Mapping[str, str] | None = None,
        jvm: Sequence[str] = (),
        listeners: Mapping[str, int] | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.log = data_dir / "broker.log"
        self._record = data_dir / "broker.pid"
        self._address_file = data_dir / "address.json"
        self._properties = data_dir / "server.properties"
        self._port = port
        self._heap_mb = heap_mb
        self._settings = dict(settings or {})
        self._jvm = tuple(jvm)
        self._listeners = dict(listeners or {})
        self._users = dict(users or {})

    @property
    def bootstrap(self) -> str:
        """Return `host:port` for clients.

        The property can be read after the broker's first start.
        """
        return f"127.0.0.1:{self._address().port}"

    @property
    def url(self) -> str:
        """Return the broker's URL for the setting `SLAD_BUS_URL`, such as `kafka://127.0.0.1:9092`."""
        return f"kafka://{self.bootstrap}"

    @property
    def pid(self) -> int | None:
        """Return the process id of the broker, or None when it does not run."""
        process = self._process()
        return process.pid if process else None

    @property
    def running(self) -> bool:
        """Return whether the broker's process exists.

        The process may be paused.
        """
        return self._process() is not None

    def start(self, timeout: float = 60.0) -> KafkaBroker:
        """Start the broker, and return it when clients can connect.

        A running broker is returned at once.

        Args:
            timeout: Seconds to wait.

        Raises:
            Unavailable: There is no Java or no Maven.
            StartFailed: The port is taken, the data are broken, or the broker is not ready in time.
        """
        if self.running:
            return self
        runtime, jars = java(), kafka_jars()
        self._prepare(runtime, jars)
        for port in (self._address().port, self._address().controller_port):
            if port_in_use(port):
                raise StartFailed(PART, f"port {port} is taken by another process", self.log)
        before = self.log.stat().st_size if self.log.exists() else 0
        process = spawn(self._command(runtime, jars, "kafka.Kafka", str(self._properties)), log=self.log)
        process.record(self._record)
        self._wait_ready(process, before, timeout)
        return self

    def stop(self, timeout: float = 30.0) -> None:
        """Shut the broker down cleanly.

        If that takes longer than `timeout` seconds, the broker is killed.
        """
        process = self._process()
        if process is None:
            return
        process.signal(signal.SIGCONT)
        process.signal(signal.SIGTERM)
        if not process.wait_gone(timeout):
            self.kill()
        self._record.unlink(missing_ok=True)

    def kill(self) -> None:
        """Kill the broker (SIGKILL) and wait until it has ended.

        To clients this looks like a power cut.
        """
        process = self._process()
        if process is None:
            return
        process.signal(signal.SIGKILL)
        process.wait_gone(10.0)
        self._record.unlink(missing_ok=True)

    def restart(self, timeout: float = 60.0) -> KafkaBroker:
        """Stop the broker if it runs, start it again on the same data and port, and return it.

        The method waits until clients can connect.

        Args:
            timeout: Seconds to wait for the start.

        Raises:
            Unavailable: There is no Java or no Maven.
            StartFailed: The port is taken, the data are broken, or the broker is not ready in time.
        """
        self.stop()
        return self.start(timeout)

    def discard(self) -> None:
        """Kill the broker and delete its data.

        Use it at the end of a test that had its own broker.
        """
        self.kill()
        shutil.rmtree(self.data_dir, ignore_errors=True)

    def pause(self) -> None:
        """Freeze the broker's process (SIGSTOP): connections stay open, but get no response."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused broker continue (SIGCONT).

        Nothing is done if the broker does not run.
        """
        self._signal(signal.SIGCONT)

    def __enter__(self) -> KafkaBroker:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _signal(self, number: signal.Signals) -> None:
        if process := self._process():
            process.signal(number)

    def _process(self) -> Process | None:
        process = Process.recorded(self._record)
        return process if process and process.alive() else None

    def _address(self) -> _Address:
        return _Address(**json.loads(self._address_file.read_text()))

    def _prepare(self, runtime: Path, jars: Path) -> None:
        """Choose ports and format the storage at the first start; write the settings at every start."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        formatted = self._address_file.exists()
        if formatted:
            address = self._address()
        else:
            port, controller_port = free_ports(2)
            address = _Address(self._port or port, controller_port, _new_cluster_id())
        lines = {**_server_properties(address, self.data_dir / "data", self._listeners), **self._settings}
        self._properties.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
        if formatted:
            return
        shutil.rmtree(self.data_dir / "data", ignore_errors=True)  # left by a format that was cut short
        result = run(
            self._command(
                runtime, jars, "kafka.tools.StorageTool",
                "format", "-t", address.cluster_id, "-c", str(self._properties), *_credentials(self._users),
            )
        )  # fmt: skip
        if result.returncode != 0:
            raise StartFailed(PART, f"formatting the storage failed: {result.stdout.strip()}", self.log)
        self._address_file.write_text(json.dumps(asdict(address)))

    def _command(self, runtime: Path, jars: Path, main: str, *arguments: str) -> list[str]:
        return [
            str(runtime), "-Xms128m", f"-Xmx{self._heap_mb}m", "-XX:+UseSerialGC", "-Xshare:auto", *self._jvm,
            f"-Dlog4j2.configurationFile={LOG4J_CONFIGURATION}", "-Djava.awt.headless=true",
            # A killed broker leaves its unpacked libraries behind: beside the data, not in /tmp.
            f"-Djava.io.tmpdir={self.data_dir}", "-XX:-UsePerfData",
            "-cp", f"{jars}/*", main, *arguments,
        ]  # fmt: skip

    def _wait_ready(self, process: Process, log_offset: int, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while True:
            with self.log.open("rb") as log:
                log.seek(log_offset)
                if _STARTED.encode() in log.read():
                    return
            if not process.alive():
                raise StartFailed(PART, "the process ended", self.log)
            if time.monotonic() > deadline:
                self.kill()
                raise StartFailed(PART, f"not ready after {timeout:.0f} s", self.log)
            time.sleep(_POLL_SECONDS)


def _new_cluster_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode().replace("-", "A")


def _credentials(users: Mapping[str, str]) -> list[str]:
    """Options of the format: logins must be there before the broker that would take them."""
    return [
        part
        for name, password in users.items()
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        for part in ("--add-scram", f"{mechanism}=[name={name},password={password}]")
    ]


def _server_properties(address: _Address, data: Path, more: Mapping[str, int]) -> dict[str, str]:
    clients = ",".join(f"{name}://127.0.0.1:{port}" for name, port in {"PLAINTEXT": address.port, **more}.items())
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{address.controller_port}",
        "listeners": f"{clients},CONTROLLER://127.0.0.1:{address.controller_port}",
        "advertised.listeners": clients,
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": _PROTOCOLS,
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # Three seconds by default, which every test with a consumer group would wait for.
        "group.initial.rebalance.delay.ms": "0",
        # A killed broker may register again only when its old session has run out, 9 s by default.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # A missing `slad migrate` shall show instead of leaving topics with default settings.
        "auto.create.topics.enable": "false",
        "num.network.threads": "2",
        "num.io.threads": "4",
    }

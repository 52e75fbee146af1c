"""The Docker sandbox: one hardened container per submission, spoken to over its stdin and stdout."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from grader.errors import SandboxError
from grader.sandbox import Loss, Sandbox, SandboxFacts, SandboxProvider
from grader.sandbox.attached import AttachedStream
from grader.sandbox.image import BASE_IMAGE, Progress, ensure, recipe
from grader.sandbox.leftovers import owner
from grader.sandbox.seccomp import profile
from grader.sandbox.selftest import prove
from grader.sandbox.session import WorkerLost, WorkerSession

if TYPE_CHECKING:
    import docker

Event = tuple[str, Mapping[str, str]]
"""What happened to a container: the action and its attributes."""

_USUAL_HOST = "unix:///var/run/docker.sock" if os.name == "posix" else "npipe:////./pipe/docker_engine"
RUNTIME_VARIABLE = "GRADER_DOCKER_RUNTIME"
LABEL = "grader"
OWNER_LABEL = "grader.owner"

_WORKER_BYTES = 256 * 1024 * 1024
_KILLED = "137"
_FOLDERS = ["/", "/etc", "/opt/worker", "/var/tmp", "/run", "/run/lock", "/dev", "/dev/shm", "/dev/mqueue"]
_TARGETS = {"secret": "/proc/1/environ", "foreign": "/etc/hosts", "folders": _FOLDERS, "pids": []}
"""What a process in a container may not touch, see ``grader.worker.proving``."""
_REMOVAL_IN_PROGRESS = (409, 500)
"""What Docker answers then, and what Podman does."""
_REMOVAL_SECONDS = 30
_RUNTIME_CURE = "name a runtime that the engine has (`docker info` lists them), or leave out --docker-runtime"
_PROOF_CURE = (
    "use an engine that enforces limits: a rootless one needs cgroup v2 with the controllers cpu, memory and pids"
    " delegated to its user; or --sandbox bubblewrap or embedded"
)
_NO_ENGINE_CURE = (
    "start Docker (`sudo systemctl start docker`, or Docker Desktop), or point DOCKER_HOST at an engine;"
    " `grader doctor` tells more"
)


@dataclass(frozen=True)
class Engine:
    """Which engine it is, and what it can be told.

    Attributes:
        name: ``"Docker"`` or ``"Podman"``.
        version: of it.
    """

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def seccomp(self) -> list[str]:
        """Security options for our own system-call profile; Podman takes the name of a file on its machine only."""
        return [f"seccomp={profile()}"] if self.name == "Docker" else []

    @property
    def tmpfs(self) -> dict[str, str]:
        """File systems in memory: ``/tmp``, and nothing where Podman would make others.

        Podman has no option that bounds the number of files; memory does.
        """
        place = "size=64m,mode=1777,nosuid,nodev,noexec"
        if self.name == "Docker":
            return {"/tmp": f"{place},nr_inodes=4096"}
        return {"/tmp": place, "/run": "ro,size=4k", "/var/tmp": "ro,size=4k"}


class DockerProvider:
    """Starts containers on the engine that ``DOCKER_HOST``, the Docker context or the default socket names.

    Else on the one that a rootless Docker's socket or Podman's leads to.

    Args:
        progress: is told what takes long.
        base_image: what the sandbox image is built from.
        image: id of a sandbox image that is there already; empty to find or build it.
        runtime: what runs the containers, such as ``runsc``; empty for ``GRADER_DOCKER_RUNTIME`` or the engine's own.
    """

    kind = "docker"

    def __init__(self, progress: Progress, base_image: str | None = None, image: str = "", runtime: str = "") -> None:
        self.progress = progress
        self.base_image = base_image or os.environ.get("GRADER_BASE_IMAGE") or BASE_IMAGE
        self.runtime = runtime or os.environ.get(RUNTIME_VARIABLE, "")
        self.api = connect()
        self.engine = identify(self.api)
        self.image = image or ensure(self.api, recipe(self.base_image), progress)
        self.proved: tuple[str, ...] = ()

    def launch(self, modules: Mapping[str, bytes], *, memory_bytes: int, hash_seed: int) -> Sandbox:
        """See ``SandboxProvider``."""
        return DockerSandbox(self, modules, memory_bytes, hash_seed)

    def again(self) -> Callable[[], SandboxProvider]:
        """See ``SandboxProvider``."""
        return partial(DockerProvider, _say_nothing, self.base_image, self.image, self.runtime)

    def grow(self, hash_seed: int) -> bool:
        """Each worker starts by itself."""
        return False

    def renew(self) -> None:
        """See ``SandboxProvider``."""
        self.api = connect(self.api.api_version)

    def close(self) -> None:
        """Close the connection to the engine."""
        self.api.close()


class DockerSandbox:
    """One container. Everything that takes time happens in a thread, so that the caller can do its own work."""

    def __init__(
        self, provider: DockerProvider, modules: Mapping[str, bytes], memory_bytes: int, hash_seed: int
    ) -> None:
        self.provider = provider
        self.modules = modules
        self.options = container_options(provider.api, memory_bytes, provider.engine, provider.runtime)
        self.environment = {"PYTHONHASHSEED": str(hash_seed), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self.container = ""
        self.stream: AttachedStream | None = None
        self.failure: Exception | None = None
        self._session: WorkerSession | None = None
        self._closed = False
        self._starting = threading.Thread(target=self._start, daemon=True)
        self._starting.start()

    def session(self) -> WorkerSession:
        """See ``Sandbox``."""
        if self._session is not None:
            return self._session
        self._starting.join()
        if self.failure is not None or self.stream is None:
            cure = _RUNTIME_CURE if self.provider.runtime else _NO_ENGINE_CURE
            raise SandboxError(f"the sandbox did not start: {self.failure}", cure=cure) from self.failure
        session = WorkerSession(self.stream)
        try:
            session.start(self.modules)
        except WorkerLost as error:
            said = self.stream.stderr.decode(errors="replace").strip()
            raise SandboxError(f"the worker did not start: {error} {said}".strip()) from error
        self._check_limits(session.facts)
        if not self.provider.proved:
            self.provider.proved = prove(session, _PROOF_CURE, _TARGETS)
        self._session = session
        return session

    def _check_limits(self, told: Mapping[str, Any]) -> None:
        """Some engines take limits and do not enforce them: rootless ones without the delegation of cgroups."""
        if self.provider.runtime:
            return  # another runtime may limit from outside what its container sees
        for name, option in (("memory_limit", "Memory"), ("pids_limit", "PidsLimit")):
            found, wanted = told.get(name), self.options[option]
            if not isinstance(found, int) or not 0 < found <= wanted:
                raise SandboxError(
                    f"the engine does not enforce its containers' limits: {name} should be {wanted} and is {found}",
                    cure=_PROOF_CURE,
                )

    def facts(self) -> SandboxFacts:
        """See ``Sandbox``."""
        told = self.session().facts
        python, numpy = str(told.get("python", "")), str(told.get("numpy", ""))
        provider = self.provider
        engine = str(provider.engine) + (f" with the runtime {provider.runtime}" if provider.runtime else "")
        return SandboxFacts("docker", engine, provider.image, python, numpy, provider.proved)

    def loss(self) -> Loss:
        """See ``Sandbox``."""
        import docker.errors
        import requests.exceptions

        try:
            history = events_of(self.provider.api, self.container)
            if not any(action == "die" for action, _ in history) and is_running(self.provider.api, self.container):
                return Loss(is_ours=False, reason="the worker no longer answers")
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            return Loss(is_ours=True, reason=f"the Docker engine no longer answers: {error}")
        return whose_loss(history)

    def close(self) -> None:
        """See ``Sandbox``."""
        if self._closed:
            return
        self._closed = True
        self._starting.join()
        if self.stream is not None:
            self.stream.close()
        if self.container:
            remove(self.provider.api, self.container)

    def _start(self) -> None:
        try:
            self._create_and_start()
        except Exception as error:  # told by session(), on the thread that asks
            self.failure = error

    def _create_and_start(self) -> None:
        api = self.provider.api
        created = api.create_container(
            self.provider.image,
            stdin_open=True,
            environment=self.environment,
            labels={LABEL: "1", OWNER_LABEL: owner()},
            host_config=self.options,
            network_disabled=True,
            hostname="sandbox",
        )
        self.container = created["Id"]
        wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        self.stream = AttachedStream(api.attach_socket(self.container, params=wanted))
        api.start(self.container)


def connect(version: str = "auto") -> docker.APIClient:
    """Return a client of the engine.

    Args:
        version: of the engine's API, where it is known; else the engine is asked.

    Raises:
        SandboxError: the Docker SDK is not installed, or no engine answers.
    """
    try:
        import docker
        import docker.errors
        import requests.utils
    except ImportError as error:
        raise SandboxError(
            "the Docker sandbox needs the Docker SDK for Python", cure="pip install 'takehome-grader[staff]'"
        ) from error
    arguments = docker.utils.kwargs_from_env()
    if "base_url" not in arguments:
        arguments["base_url"] = _socket_found(_host_of_context() or _USUAL_HOST)
    try:
        client = docker.APIClient(version=version, timeout=120, **arguments)
    except docker.errors.DockerException as error:
        where = arguments.get("base_url", "the default socket")
        raise SandboxError(f"no Docker engine answers at {where}: {error}", cure=_NO_ENGINE_CURE) from error
    # Else requests reads the whole environment with each request, in any thread, while pytest adds to it and removes.
    client.proxies = requests.utils.get_environ_proxies(client.base_url)
    client.trust_env = False
    return client


def identify(api: docker.APIClient) -> Engine:
    """Find out which engine answers."""
    version = api.version()
    name = str(next(iter(version.get("Components") or [{}])).get("Name", ""))
    return Engine("Podman" if "podman" in name.lower() else "Docker", str(version.get("Version", "?")))


def container_options(api: docker.APIClient, memory_bytes: int, engine: Engine, runtime: str = "") -> dict[str, Any]:
    """Return the engine's options for a container that can compute and nothing else.

    Args:
        api: client that knows the engine's version.
        memory_bytes: what one test may use; the worker's own need is added.
        engine: what it can be told.
        runtime: what runs the container; empty for the engine's own.
    """
    limit = memory_bytes + _WORKER_BYTES
    options: dict[str, Any] = api.create_host_config(
        network_mode="none",
        ipc_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        cap_add=["SETUID", "SETGID", "KILL"],
        security_opt=["no-new-privileges", *engine.seccomp],
        pids_limit=64,
        mem_limit=limit,
        memswap_limit=limit,
        tmpfs=engine.tmpfs,
        log_config={"type": "none"},
        # When whoever holds the other end of stdin is gone, so is the container.
        auto_remove=True,
        runtime=runtime or None,
    )
    return options


def events_of(api: docker.APIClient, container: str) -> list[Event]:
    """Return what the engine remembers of a container, which may be removed already: its last events.

    Waits a second, since what ends with the current second is reported only then.
    """
    now = datetime.fromisoformat(api.info()["SystemTime"][:19]).replace(tzinfo=UTC)
    until = int(now.timestamp()) + 1
    found = api.events(since=1, until=until, filters={"container": container}, decode=True)
    return [(str(entry.get("Action", "")), dict(entry["Actor"]["Attributes"])) for entry in found]


def is_running(api: docker.APIClient, container: str) -> bool:
    """Whether a container is there and runs."""
    import docker.errors

    try:
        return bool(api.inspect_container(container)["State"]["Running"])
    except docker.errors.NotFound:
        return False


def whose_loss(history: Sequence[Event]) -> Loss:
    """Sort the end of a container into the submission's doing and ours.

    Args:
        history: the container's events: action and attributes.
    """
    actions = {action for action, _ in history}
    codes = [attributes.get("exitCode", "") for action, attributes in history if action == "die"]
    if "kill" in actions or not codes:
        return Loss(is_ours=True, reason="the container was killed or removed from outside")
    if "oom" in actions and codes[-1] == _KILLED:
        return Loss(is_ours=False, reason="the container ran out of memory", out_of_memory=True)
    if codes[-1] == _KILLED:
        return Loss(is_ours=True, reason="the machine's kernel killed the container")
    return Loss(is_ours=False, reason=f"the worker ended with code {codes[-1]}")


def remove(api: docker.APIClient, container: str) -> None:
    """Kill and remove a container, and return once it is gone; one that was gone already is fine.

    Raises:
        SandboxError: the engine could not remove it.
    """
    import docker.errors
    import requests.exceptions

    try:
        try:
            api.remove_container(container, force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code not in _REMOVAL_IN_PROGRESS:
                raise
            # The worker has ended at the same moment, and the engine removes its container by itself.
            api.wait(container, timeout=_REMOVAL_SECONDS, condition="removed")
    except docker.errors.NotFound:
        return
    except (docker.errors.APIError, requests.exceptions.RequestException) as error:
        raise SandboxError(
            f"container {container[:12]} could not be removed: {error}",
            cure="see whether the engine is still there: grader doctor also clears what was left behind",
        ) from error


def _say_nothing(text: str) -> None:
    """For providers that have nothing to build."""


def _socket_found(host: str) -> str:
    """Return ``host``, or the socket of a rootless Docker or of Podman where it has none and they have."""
    if not host.startswith("unix://") or os.path.exists(host.removeprefix("unix://")):
        return host
    own = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    others = (f"{own}/docker.sock", f"{own}/podman/podman.sock", "/run/podman/podman.sock")
    return next((f"unix://{path}" for path in others if os.path.exists(path)), host)


def _host_of_context() -> str:
    """The engine of the current Docker context, as the docker command uses it."""
    from docker.context import ContextAPI
    from docker.errors import DockerException

    try:
        context = ContextAPI.get_current_context()
    except (DockerException, OSError, ValueError, KeyError):
        return ""
    return str(context.Host or "") if context is not None else ""

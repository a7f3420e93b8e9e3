"""The server files: every process healthy, unprivileged, without a secret, from a named version."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
ONE_SHOT = {"migrate"}
SECRET_WORDS = re.compile(r"(PASSWORD|SECRET|TOKEN|DATABASE_URL|REDIS_URL)")

every_service = pytest.mark.parametrize("name", sorted(SERVICES))


def test_the_processes_of_a_server_are_there() -> None:
    assert set(SERVICES) == {"migrate", "web", "worker", "pipeline", "gate", "beat", "postgres", "redis"}


@every_service
def test_health_is_asked(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name in ONE_SHOT:
        assert check == {"disable": True}
        assert SERVICES[name]["restart"] == "no"
    else:
        assert {"test", "interval", "timeout", "retries"} <= set(check)


@every_service
def test_it_runs_unprivileged_on_a_read_only_root(name: str) -> None:
    service = SERVICES[name]
    assert int(service["user"].split(":")[0]) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


@every_service
def test_no_secret_stands_in_the_file(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if SECRET_WORDS.search(variable):
            assert variable.endswith("_FILE"), f"{variable} must be read from a file"
            assert value.startswith("/run/secrets/")


@every_service
def test_the_secrets_it_reads_are_given_to_it(name: str) -> None:
    text = str(SERVICES[name])
    used = set(re.findall(r"/run/secrets/(\w+)", text))
    assert used <= set(SERVICES[name]["secrets"]) <= set(COMPOSE["secrets"])


@every_service
def test_the_image_names_a_version(name: str) -> None:
    _repository, _, tag = SERVICES[name]["image"].partition(":")
    assert re.search(r"\d+\.\d+", tag), f"{name}: pin the image to a version"


@every_service
def test_what_it_waits_for_exists_and_is_waited_for_rightly(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert other in SERVICES
        assert how["condition"] == expected


@every_service
def test_volumes_and_networks_are_declared(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or source.startswith(("${", "./"))
    assert set(SERVICES[name]["networks"]) <= set(COMPOSE["networks"])


def test_only_the_web_process_can_be_reached_and_only_from_the_machine_itself() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert [name for name, service in SERVICES.items() if "outside" in service["networks"]] == ["web"]


def test_only_the_gate_and_the_pipeline_mount_the_lake_and_as_its_owner() -> None:
    holds = {
        name
        for name, service in SERVICES.items()
        if any(str(v).split(":")[0] in ("lake", "volumes") for v in service.get("volumes", []))
    }
    owners = {name for name, service in SERVICES.items() if service["user"].startswith("10002:")}
    assert holds == owners == {"gate", "pipeline"}
    assert "-o 10002 -g 10001 -m 0700 /var/lib/tumorboard/lake /var/lib/tumorboard/volumes" in DOCKERFILE
    assert SERVICES["gate"]["networks"] == ["inside"]


def test_all_others_have_the_gates_socket() -> None:
    for name in ("web", "worker", "pipeline"):
        assert any(volume.startswith("gate:/run/gate") for volume in SERVICES[name]["volumes"])
        assert SERVICES[name]["environment"]["GATE_SOCKET"] == "/run/gate/gate.sock"


def test_the_web_process_writes_no_folder_but_its_own() -> None:
    assert all(volume.endswith(":ro") for volume in SERVICES["web"]["volumes"])


def test_the_broker_forgets_nothing_and_evicts_nothing() -> None:
    command = " ".join(SERVICES["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_every_queue_has_a_worker() -> None:
    queues = [
        shlex.join(service["command"])
        for service in SERVICES.values()
        if "celery" in service.get("command", [])
    ]
    assert sum("-Q default " in command for command in queues) == 1
    assert sum("-Q pipeline " in command for command in queues) == 1
    assert sum(" beat " in command for command in queues) == 1


def test_every_setting_is_one_the_code_reads() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "tumorboard").rglob("*.py"))
    own = {name for name, service in SERVICES.items() if service["image"].startswith("tumorboard:")}
    for name in own:
        for variable in SERVICES[name]["environment"]:
            known = variable == "FORWARDED_ALLOW_IPS" or f'"{variable.removesuffix("_FILE")}"' in code
            assert known, f"nothing reads {variable}"  # FORWARDED_ALLOW_IPS is uvicorn's


def test_the_image_is_built_from_locked_packages_and_runs_unprivileged() -> None:
    assert "--require-hashes" in DOCKERFILE
    assert "npm ci" in DOCKERFILE
    assert "collectstatic" in DOCKERFILE
    assert DOCKERFILE.rindex("USER 10001") > DOCKERFILE.rindex("RUN ")
    assert "HEALTHCHECK" in DOCKERFILE
    assert "/healthz" in DOCKERFILE
    assert all(re.search(r":\d+\.\d+", base) for base in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    assert not re.search(r"^(ENV|ARG) .*(PASSWORD|SECRET|TOKEN)", DOCKERFILE, re.MULTILINE)


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), f"COPY {source}: no such path"
            assert any(source.rstrip("/") == kept or source.startswith(f"{kept}/") for kept in allowed), (
                source
            )

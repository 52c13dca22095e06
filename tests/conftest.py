"""What many tests share: a real MongoDB, and an empty database of its own for each test that wants one."""

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pymongo import MongoClient

from store import embedded

# A machine shared with others, or a first run that builds hypothesis' tables, is slow for reasons of its own.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def mongo_uri() -> Iterator[str]:
    """Give the URI of a real mongod, one for each pytest-xdist worker; it and its data are gone at the end."""
    with tempfile.TemporaryDirectory(prefix="finews-mongo-") as directory:
        yield embedded.ensure_running(Path(directory))
        embedded.stop(Path(directory))


@pytest.fixture
def database(mongo_uri: str) -> Iterator[tuple[str, str]]:
    """Give the URI and the name of a database that is empty, and dropped after the test."""
    name = f"test_{uuid.uuid4().hex}"
    yield mongo_uri, name
    with MongoClient[dict[str, object]](mongo_uri) as client:
        client.drop_database(name)

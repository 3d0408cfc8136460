"""The world in each kind of store, or in a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rebuild.world import World, world_in


@pytest.fixture
def each_world(store_url: str, tmp_path: Path) -> Iterator[World]:
    with world_in(store_url, tmp_path) as world:
        yield world


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    with world_in(sqlite_url, tmp_path) as made:
        yield made

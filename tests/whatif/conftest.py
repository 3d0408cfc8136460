"""The store with the sample programme, as the other tests of commands have it."""

from tests.desk.conftest import sample_store as sample_store

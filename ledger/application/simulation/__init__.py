"""Make believable histories of any size, for demonstrations, benchmarks and load tests."""

from ledger.application.simulation.simulate import simulate

__all__ = ["simulate"]

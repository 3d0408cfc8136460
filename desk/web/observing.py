"""Where those who watch a worker ask: whether it is well, and its figures for Prometheus."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from ledger.application.ledger import Ledger
from ledger.application.show_status import Status, show_status
from ledger.rules.errors import LedgerError
from replay.working.health import health_of
from replay.working.tally import Tally
from replay.working.worker import Watched

_OK, _UNAVAILABLE = 200, 503
_LIVE = "live"
_PREFIX = "license_ledger_"

Watch = Callable[[], Watched]


def observing_app(
    ledger: Ledger, watch: Watch, tally: Tally, *, stale_after: timedelta, version: str
) -> FastAPI:
    """Return an application with `/health` and `/metrics`."""
    app = FastAPI(title="License Ledger worker", version=version)
    registry = CollectorRegistry()
    registry.register(_Figures(ledger, watch, tally))

    @app.get("/health", responses={_UNAVAILABLE: {"description": "What is wrong, in `reasons`."}})
    def health() -> JSONResponse:
        """Say whether the worker is well, and how its jobs stand."""
        found = health_of(watch(), ledger.clock(), stale_after)
        return JSONResponse(found.as_dict(), _UNAVAILABLE if found.reasons else _OK)

    @app.get("/metrics")
    def metrics() -> Response:
        """Give the figures."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return app


class _Figures(Collector):
    """Reads the figures when somebody asks; those of the database are left out while it is lost."""

    def __init__(self, ledger: Ledger, watch: Watch, tally: Tally) -> None:
        self._ledger = ledger
        self._watch = watch
        self._tally = tally

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand, so that registering asks no database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Give all figures of the moment."""
        tally, watched = self._tally, self._watch()
        yield _counter(
            "invoices_issued", "Invoices and credit notes that this worker issued.", tally.invoices_issued
        )
        yield _counter("notices_sent", "Notices and retractions that this worker sent.", tally.notices_sent)
        yield _counter("notice_attempts_failed", "Attempts at e-mails that failed.", tally.attempts_failed)
        faults = CounterMetricFamily(f"{_PREFIX}data_faults", "Data faults met, each once.", labels=["code"])
        for code, count in sorted(tally.faults.items()):
            faults.add_metric([code], count)
        yield faults
        yield _gauge(
            "licenses_unbilled",
            "Licences of which something is due that cannot be billed.",
            tally.licenses_unbilled,
        )
        yield _gauge("notices_due", "Notices that are due and not out yet.", tally.notices_due)
        yield _gauge("licenses_parked", "Licences that the read models leave out.", tally.licenses_parked)
        yield _gauge(
            "database_up", "1 if the database answered at the last look.", int(watched.database_lost is None)
        )
        yield from _of_jobs(watched)
        if watched.database_lost is not None:
            # asking would only take as long as a connection may
            return
        with suppress(LedgerError):
            yield from _of_log(show_status(self._ledger), self._ledger.clock())


def _of_jobs(watched: Watched) -> Iterable[Metric]:
    succeeded = GaugeMetricFamily(
        f"{_PREFIX}job_last_success_timestamp_seconds",
        "When the job last did all that was due.",
        labels=["job"],
    )
    behind = GaugeMetricFamily(
        f"{_PREFIX}job_behind", "1 if something is due that the job has not done.", labels=["job"]
    )
    turns = CounterMetricFamily(f"{_PREFIX}job_turns", "Turns of the job.", labels=["job"])
    failures = CounterMetricFamily(f"{_PREFIX}job_failures", "Turns of the job that failed.", labels=["job"])
    for name, one in watched.jobs.items():
        if one.succeeded_at is not None:
            succeeded.add_metric([name], one.succeeded_at.timestamp())
        behind.add_metric([name], int(one.behind_since is not None))
        turns.add_metric([name], one.turns)
        failures.add_metric([name], one.failures)
    return succeeded, behind, turns, failures


def _of_log(status: Status, now: datetime) -> Iterable[Metric]:
    yield _gauge("log_position", "The position of the log's last event.", status.log_position)
    if status.log_recorded_at is not None:
        age = max(0.0, (now - status.log_recorded_at).total_seconds())
        yield _gauge("log_age_seconds", "How long ago the last event was recorded.", age)
    live = [one for one in status.tables if one.state == _LIVE]
    events = max((one.lag_events for one in live), default=status.log_position)
    seconds = max((one.lag_seconds for one in live), default=0)
    yield _gauge("log_lag_events", "Events that the read models do not know.", events)
    yield _gauge("log_lag_seconds", "How long the first of them has been in the log.", seconds)


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, said, value=value)


def _counter(name: str, said: str, value: float) -> Metric:
    return CounterMetricFamily(_PREFIX + name, said, value=value)

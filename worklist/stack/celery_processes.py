"""The worker and the beat, started in this process."""

import contextlib
import sys
from typing import cast

import redis
import structlog
from celery.beat import ScheduleEntry, Scheduler, SchedulingError
from celery.signals import setup_logging, worker_process_init

from config import Settings
from workers.app import configure, install_nudges
from worklist import logs, memory, migrations
from worklist.stack import child, probes

_SECONDS = 1.0

log = structlog.get_logger(__name__)


def run_worker(settings: Settings) -> None:
    """Run Celery workers until told to stop; a task that is running may finish first."""
    logs.configure(settings, "worker")
    migrations.check(settings.require_database_url())
    setup_logging.connect(_keep_our_logs, weak=False)
    worker_process_init.connect(_die_with_parent, weak=False)
    app = configure(settings)
    install_nudges(settings)
    worker = app.Worker(
        pool="prefork",
        concurrency=settings.worker_concurrency,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
        loglevel=settings.log_level,
    )
    memory.keep_loaded()
    worker.start()
    sys.exit(worker.exitcode)


def run_beat(settings: Settings) -> None:
    """Send the periodic sweeps until told to stop."""
    logs.configure(settings, "beat")
    setup_logging.connect(_keep_our_logs, weak=False)
    app = configure(settings)
    app.Beat(quiet=True, loglevel=settings.log_level, scheduler=SweepScheduler).run()


class SweepScheduler(Scheduler):  # type: ignore[misc]
    """Celery's, but for a broker that is away and for a clock that is put back.

    The first is a line a minute, where Celery logs whole stacks. After the second Celery would
    send nothing until the old time has come again: here each pause begins anew.
    """

    _lost = logs.Seldom("sweep.not_sent")
    _word: redis.Redis | None = None

    def setup_schedule(self) -> None:
        """Begin; whoever asks is told before the first sweep is due."""
        super().setup_schedule()
        self._show_that_it_runs()

    def tick(self, *arguments: object, **options: object) -> float:
        """Send what is due; returns for how many seconds there is nothing to do."""
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at > now]
        if ahead:
            log.warning("sweep.clock_put_back", sweeps=len(ahead))
            for entry in ahead:
                entry.last_run_at = now
            self._heap = None
        return cast("float", super().tick(*arguments, **options))

    def apply_entry(self, entry: ScheduleEntry, producer: object = None) -> None:
        """Send a sweep; one that cannot be sent comes again at its next time."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            self._lost.tell(error=type(error.__context__ or error).__name__)
        else:
            self._show_that_it_runs()
            return
        memory.drop_broken()

    def _show_that_it_runs(self) -> None:
        """Leave a word for whoever asks: the beat itself listens to nobody."""
        if self._word is None:
            self._word = redis.Redis.from_url(self.app.conf.broker_url, socket_timeout=_SECONDS)
        with contextlib.suppress(redis.RedisError):  # the next sweep finds out
            self._word.set(probes.BEAT_KEY, 1, ex=probes.BEAT_SECONDS)


def _keep_our_logs(**_: object) -> None:
    """Take Celery's own logging set-up out of the way: a connected receiver is enough."""


def _die_with_parent(**_: object) -> None:
    child.die_with_parent()

"""The Celery application: nudges become tasks, sweeps find whatever was not nudged.

A task's argument is an id, and its work is one idempotent service function in one transaction:
running it twice, late or never changes nothing but the delay until the next sweep.
"""

import time
from datetime import timedelta

import redis
import structlog
from celery import Celery
from celery.signals import task_failure, task_postrun, task_prerun, worker_process_init
from sqlalchemy.exc import OperationalError

from config import Settings
from workers import context
from worklist import logs, memory, news, nudge
from worklist.audit.announced import ANNOUNCE_TASK
from worklist.hl7 import senders
from worklist.scheduling import policy_file

log = structlog.get_logger(__name__)

app = Celery(
    "worklist",
    include=[
        "workers.api",
        "workers.dicom",
        "workers.hl7",
        "workers.mail",
        "workers.outbox",
        "workers.reading",
        "workers.retention",
        "workers.scheduling",
    ],
)
# Celery tells of these quietly, we in a line: the next sweep does what was not done. It is said
# here because a task reads its annotations when it is first looked at, which may be earlier than
# ``configure``.
app.conf.task_annotations = {"*": {"throws": (OperationalError,)}}

_SWEEPS = {
    "workers.api.sweep": timedelta(minutes=10),
    "workers.dicom.sweep_aged": timedelta(minutes=5),
    "workers.dicom.sweep_forwards": timedelta(seconds=10),
    "workers.dicom.sweep_queries": timedelta(minutes=10),
    "workers.hl7.sweep": timedelta(seconds=5),
    "workers.mail.remind": timedelta(minutes=1),
    "workers.mail.sweep": timedelta(seconds=30),
    "workers.outbox.sweep": timedelta(seconds=5),
    "workers.retention.prune": timedelta(minutes=5),
    "workers.scheduling.propose": timedelta(minutes=5),
    "workers.scheduling.sweep": timedelta(seconds=10),
    "workers.scheduling.review_booked": timedelta(seconds=10),
    "workers.scheduling.measure_access": timedelta(minutes=10),
    "workers.scheduling.watch_day": timedelta(seconds=60),
    "workers.reading.sweep": timedelta(seconds=10),
}
_NUDGE_TIMEOUT_SECONDS = 0.5
_BROKER_TIMEOUT_SECONDS = 2.0
_PEERS_SECONDS = 1.0

# A task that does all that waits: one nudge, sent so much later, serves whatever is committed
# meanwhile.
_GATHERED_SECONDS = {ANNOUNCE_TASK: 0.2}


def configure(settings: Settings) -> Celery:
    """Give the application its broker and rules; call it once in each process that uses it."""
    context.use(settings)
    policy_file.use(settings.policy_file)
    app.conf.update(
        broker_url=settings.require_redis_url(),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": 3600,
            "socket_connect_timeout": _NUDGE_TIMEOUT_SECONDS,
            # A broker that hangs must not hold a request; waiting for tasks does not count.
            "socket_timeout": _BROKER_TIMEOUT_SECONDS,
            "socket_keepalive": True,
        },
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=120,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        timezone="UTC",
        beat_scheduler="celery.beat:Scheduler",
        beat_schedule={
            name: {
                "task": name,
                "schedule": every,
                "options": {"expires": every.total_seconds()},
            }
            for name, every in _SWEEPS.items()
        },
    )
    return app


class RedisTransport:
    """Sends nudges: tasks through the broker, news of rows through a Redis stream."""

    def __init__(self, settings: Settings) -> None:
        self._app = configure(settings)
        # Whoever sends a nudge has just committed and has somebody to answer: no second try.
        self._app.conf.broker_transport_options |= {"max_retries": 0}
        self._gathering: dict[str, float] = {}
        self._has_lost = False
        self._redis = redis.Redis.from_url(
            settings.require_redis_url(),
            socket_timeout=_NUDGE_TIMEOUT_SECONDS,
            socket_connect_timeout=_NUDGE_TIMEOUT_SECONDS,
        )

    def send_task(self, name: str, *arguments: int) -> None:
        """Ask a worker to run the task ``name`` with ids, most tasks take one."""
        delay = _GATHERED_SECONDS.get(name)
        if delay is not None:
            now = time.monotonic()
            if now < self._gathering.get(name, 0.0):
                return
            self._gathering[name] = now + delay
        if self._has_lost:
            memory.drop_broken()
        self._has_lost = True
        self._app.send_task(name, args=arguments, ignore_result=True, retry=False, countdown=delay)
        self._has_lost = False

    def publish(self, channel: str, message: str) -> None:
        """Tell the listeners of ``channel``."""
        news.tell(self._redis, channel, message)


def install_nudges(settings: Settings) -> None:
    """Let this process's commits nudge workers and open pages."""
    nudge.use(RedisTransport(settings))


@worker_process_init.connect
def _start_process(**_: object) -> None:
    logs.configure(context.settings(), process="worker")
    install_nudges(context.settings())
    senders.remember_for(_PEERS_SECONDS)


@task_prerun.connect
def _bind(task_id: str, task: object, **_: object) -> None:
    structlog.contextvars.bind_contextvars(task=getattr(task, "name", ""), task_id=task_id)


@task_failure.connect
def _tell_of_the_database(exception: BaseException, **_: object) -> None:
    if isinstance(exception, OperationalError):
        log.warning("task.database_away", error=type(exception.orig).__name__)


@task_postrun.connect
def _unbind(**_: object) -> None:
    structlog.contextvars.clear_contextvars()

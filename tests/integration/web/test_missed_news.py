"""What an open page is told: only what has happened since it was made, or to look again."""

import math
from collections.abc import Iterator

import pytest
import redis

from tests.support.ports import free_port
from tests.support.stack import wait_until
from worklist import news, nudge
from worklist.logs import Seldom
from worklist.web import live
from worklist.web.live import Hub


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the first look at the news takes here, it is waited for."""
    monkeypatch.setattr(live, "_BEGIN_SECONDS", 30)


@pytest.fixture
def client(empty_redis: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(empty_redis) as opened:
        yield opened


@pytest.fixture
def hub(empty_redis: str) -> Hub:
    """A process that listens, with one page open."""
    made = Hub(empty_redis)
    assert names(made, "", 1) == ["connected"]
    return made


def names(hub: Hub, since: str, number: int) -> list[str]:
    """Return the names of the first events of a page that knows everything up to ``since``."""
    stream = hub.stream(since)
    next(stream)  # the first line says only that somebody listens
    told = [next(stream) for _ in range(number)]
    stream.close()
    return [event.split("event: ")[1].splitlines()[0] for event in told]


def happen(client: redis.Redis, hub: Hub, topic: str) -> str:
    """Let something happen; returns where the news is then, once the process has heard."""
    position = news.tell(client, nudge.LIVE_CHANNEL, f'{{"topic": "{topic}", "id": 7}}')
    wait_until(lambda: hub.position == position)
    return position


def test_a_page_that_missed_nothing_has_nothing_to_look_at(hub: Hub) -> None:
    assert hub.position
    assert names(hub, hub.position, 1) == ["resumed"]


def test_a_page_hears_what_happened_while_it_loaded(hub: Hub, client: redis.Redis) -> None:
    made_at = happen(client, hub, "order")
    happen(client, hub, "exam")
    happen(client, hub, "hold")
    assert names(hub, made_at, 3) == ["exam", "hold", "resumed"]


def test_the_first_page_of_a_process_knows_where_it_stands(empty_redis: str) -> None:
    begun = Hub(empty_redis)
    made_at = begun.begin()
    assert made_at
    assert names(begun, made_at, 1) == ["resumed"]


def test_a_page_of_another_process_that_has_just_begun_missed_nothing(
    hub: Hub, empty_redis: str
) -> None:
    """The page is made by one process, and hears news from another."""
    made_at = Hub(empty_redis).begin()
    assert made_at
    wait_until(lambda: hub.position == made_at)
    assert names(hub, made_at, 1) == ["resumed"]


def test_an_event_says_where_it_stands_so_that_a_stream_that_breaks_goes_on_there(
    hub: Hub, client: redis.Redis
) -> None:
    assert hub.position
    made_at = hub.position
    position = happen(client, hub, "exam")
    stream = hub.stream(made_at)
    next(stream)
    assert next(stream) == f'id: {position}\nevent: exam\ndata: {{"id": 7}}\n\n'
    stream.close()


@pytest.mark.parametrize("since", ["", "0-0", "nonsense", "1-1"])
def test_a_page_of_which_nothing_is_known_looks_again(hub: Hub, since: str) -> None:
    assert names(hub, since, 1) == ["connected"]


def test_a_page_that_missed_more_than_is_remembered_looks_again(
    hub: Hub, client: redis.Redis
) -> None:
    assert hub.position
    made_at = hub.position
    for _ in range(200):
        news.tell(client, nudge.LIVE_CHANNEL, '{"topic": "exam", "id": 7}')
    happen(client, hub, "exam")
    assert names(hub, made_at, 1) == ["connected"]


def test_what_was_heard_before_redis_was_lost_is_not_trusted(hub: Hub, client: redis.Redis) -> None:
    """Whoever had news meanwhile could not tell it."""
    made_at = hub.position
    assert made_at
    stream = hub.stream(made_at)
    assert "resumed" in [next(stream), next(stream)][1]
    client.client_kill_filter(_type="normal", skipme=True)
    assert next(stream).startswith("event: lost")
    assert "event: connected" in next(stream)
    stream.close()
    assert names(hub, made_at, 1) == ["connected"]


def test_a_page_is_told_once_that_news_are_lost_also_one_that_opens_then() -> None:
    hub = Hub(f"redis://127.0.0.1:{free_port()}/0")
    # It tries for as long as this process lives, and would tell other tests of it each minute.
    hub._lost = Seldom("live.lost", seconds=math.inf)
    early = hub.stream("")
    assert [next(early), next(early)][1].startswith("event: lost")
    hub._lose()  # as at each try that fails
    late = hub.stream("")
    assert [next(late), next(late)][1].startswith("event: lost")
    assert [events.qsize() for events in hub._streams] == [0, 0]
    early.close()
    late.close()


def test_a_stream_ends_at_news_of_accounts_once_its_session_may_not_be_used(
    hub: Hub, client: redis.Redis
) -> None:
    assert hub.position
    open_to = [True]
    stream = hub.stream(hub.position, lambda: open_to[0])
    next(stream)
    happen(client, hub, "user")
    assert [next(stream).split("event: ")[1].splitlines()[0] for _ in range(2)] == [
        "resumed",
        "user",
    ]
    open_to[0] = False
    happen(client, hub, "exam")
    assert "event: exam" in next(stream)
    happen(client, hub, "user")
    assert list(stream) == []

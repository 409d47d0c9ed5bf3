"""What placing asks the database again and again is planned once, not for every exam."""

from sqlalchemy import text

from tests.support.department import ACTOR, NOW, make_exam, make_scanner
from worklist import db
from worklist.scheduling.placement import place

# psycopg prepares a statement when it is sent the sixth time; PostgreSQL plans it five times more
# before it compares that with a plan for any values.
_EXAMS = 14


def test_a_placement_plans_no_statement_anew(database: str) -> None:
    engine = db.make_engine(database, pool_size=1)
    factory = db.make_session_factory(engine)
    with db.transaction(factory) as session:
        make_scanner(session)
        exams = [make_exam(session).id for _ in range(_EXAMS)]
    for exam_id in exams:
        with db.transaction(factory) as session:
            place(session, exam_id, actor=ACTOR, now=NOW)
    with factory() as session:
        plans = session.execute(
            text("SELECT statement, generic_plans FROM pg_prepared_statements")
        ).all()
    engine.dispose()
    assert any("unnest" in statement for statement, _ in plans)
    assert [statement for statement, generic in plans if not generic] == []

"""What one would write with hl7apy alone: its MLLP server, parse the message, insert a row.

python -m bench._hl7_plain_server DATABASE_URL
"""

import sys
import threading

import psycopg
from hl7apy.core import Message
from hl7apy.mllp import AbstractHandler, MLLPServer
from hl7apy.parser import parse_message
from sqlalchemy.engine import make_url

_local = threading.local()


def _connection(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(url, autocommit=True)
    connection: psycopg.Connection[tuple[object, ...]] = _local.connection
    return connection


class _Order(AbstractHandler):  # type: ignore[misc]
    """Parses an ORM, keeps patient, order and procedure, and acknowledges."""

    def __init__(self, message: str, url: str) -> None:
        super().__init__(message)
        self._url = url

    def reply(self) -> str:
        order = parse_message(self.incoming_message, find_groups=False)
        _connection(self._url).execute(
            "INSERT INTO plain_orders VALUES (%s, %s, %s, %s)",
            (
                order.pid.pid_3.to_er7(),
                order.orc.orc_2.to_er7(),
                order.obr.obr_4.to_er7(),
                self.incoming_message,
            ),
        )
        answer = Message("ACK", version="2.3.1")
        answer.msh.msh_9 = "ACK"
        answer.msh.msh_10 = "1"
        answer.msh.msh_11 = "P"
        answer.msa.msa_1 = "AA"
        answer.msa.msa_2 = order.msh.msh_10.to_er7()
        mllp: str = answer.to_mllp()
        return mllp


def main(url: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS plain_orders"
            " (patient text, placer text, procedure text, message text)"
        )
    server = MLLPServer("127.0.0.1", 0, {"ORM^O01": (_Order, plain)})
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])

"""HL7 v2 in and out: framing, reading, mapping, acknowledging, and the peers.

What a message asks for is done by the services of orders, scheduling, performing and reading.
"""

"""Imaging service requests, requested procedures and scheduled procedure steps.

Numbers, details and states of orders and exams (`status` says which state follows which). When
and where an exam is done is `worklist.scheduling`'s, what was done `worklist.performing`'s.
"""

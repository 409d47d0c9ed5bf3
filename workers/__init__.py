"""The Celery application and its tasks: thin, each calls one service function.

A task is named in a nudge by its id, and may come twice or never: sweeps find what was not done.
"""

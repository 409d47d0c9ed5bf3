"""Imaging service requests, requested procedures and scheduled procedure steps."""

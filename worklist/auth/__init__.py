"""Users, sign-in and permissions, tokens of programs, and identities at a provider.

The sign-in page and the OpenID Connect exchange are in `worklist.web`.
"""

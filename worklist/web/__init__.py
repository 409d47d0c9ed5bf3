"""Pages, the JSON API and the event stream.

A package for each feature: `page` has its pages, `api` its operations, `queries` what
they read. Nothing is decided here: both call the services of the feature packages.
"""

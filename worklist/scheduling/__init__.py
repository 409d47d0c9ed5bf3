"""Where and when exams are done: availability, search, placement and its explanation.

`service` has what a person or a message may ask for, `placement` what workers do by themselves.
Plans for many exams are in `replanning`, freed slots in `waiting`, the numbers in `policies`.
"""

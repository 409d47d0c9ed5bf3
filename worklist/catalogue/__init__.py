"""Sites, rooms, stations, staff, opening hours and procedures: what the department has.

From a file (`file`, `load`) or from pages (`editing`). When a room is free is not said here but by
`worklist.scheduling.availability`.
"""

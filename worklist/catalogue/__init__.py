"""Sites, rooms, stations, staff, opening hours and procedures: what the department has."""

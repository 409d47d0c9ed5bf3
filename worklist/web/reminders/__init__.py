"""The list of a day's patients to be reminded by telephone."""

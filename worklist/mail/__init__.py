"""The appointment slip, printed or sent by e-mail, and reminders of appointments."""

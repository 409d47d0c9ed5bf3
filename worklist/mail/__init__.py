"""The appointment slip, printed and sent to the patient by e-mail."""

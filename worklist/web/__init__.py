"""Layout, errors, event stream and shared views."""

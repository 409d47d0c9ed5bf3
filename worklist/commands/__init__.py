"""Groups of the ``worklist`` command, one module each."""

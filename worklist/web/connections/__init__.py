"""The systems around: hospitals and archives that messages go to, scanners that ask for lists."""

"""Clinical and room rules: pure functions from facts to findings."""

"""Clinical and room rules: pure functions from facts to findings.

No database, clock or page: `worklist.scheduling` collects the facts and does what findings ask.
The department's own thresholds are kept by `worklist.rulebook`.
"""

"""Who did what to which patient, order or exam, and when.

Every service writes its events here, in its own transaction. From them come an exam's story, the
nudges to open pages and, through `worklist.hl7.outbound`, the messages to other systems. The
history of what administrators change, before and after, is `changes`.
"""

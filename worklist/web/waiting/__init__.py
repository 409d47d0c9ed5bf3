"""The waiting list: who would come sooner, and what is offered to whom."""

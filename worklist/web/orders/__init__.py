"""Orders at the front desk: the inbox, making one by hand, and the patient's slip."""

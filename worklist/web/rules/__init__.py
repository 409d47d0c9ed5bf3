"""Page of the rules, their thresholds and the thresholds' history."""

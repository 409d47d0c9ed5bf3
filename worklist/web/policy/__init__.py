"""Page of the policy of placement and its history."""

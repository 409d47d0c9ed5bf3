"""What a manager asks: how full rooms are, how long patients wait, who did not come."""

"""The ways out: one method, three results. A channel classifies what happened; the ladder decides what follows."""

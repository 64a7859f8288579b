"""Settings: what decides what a run computes."""

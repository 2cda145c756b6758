"""What the running store holds in memory: who is here, what is sold, what each screen shows."""

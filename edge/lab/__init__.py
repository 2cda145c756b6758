"""What an open shop never loads: the demo, the benchmark, the simulator."""

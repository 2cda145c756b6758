"""The features-and-counters stage for a whole chain: SQL over Parquet, out of core, one household shard at a time."""

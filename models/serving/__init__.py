"""What the service asks: candidates, ranking, the fallback, and the bundles on this box."""

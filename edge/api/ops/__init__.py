"""Routes for machines that watch the service: health and metrics."""

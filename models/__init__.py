"""Arrays in, scores out: what a shopper's history, a live basket and a store's trend say about the next basket."""

"""The store-side service: a signal comes in, a decision goes out, and what happened is remembered and measured."""

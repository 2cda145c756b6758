"""The benchmark: a store on trial, load from another process, an echo through the same broker beside it."""

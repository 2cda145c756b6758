"""What can set a trigger off: a file a signal, each with the one record ``SIGNAL`` that says how it is found."""

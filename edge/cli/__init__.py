"""The command line: one file a group of commands, none of them loaded before it is asked for."""

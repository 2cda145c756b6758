"""Tables of the box itself: its own facts, commands that wait for the service, and the queue to the centre.

None of them tells of shopping; a person is named there only while something about them is under way.
"""

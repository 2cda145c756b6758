"""What a marketer writes, has checked, sets off and measures."""

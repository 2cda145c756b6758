"""What a marketer writes: campaigns with their offers, read from files, kept in versions, published as a whole."""

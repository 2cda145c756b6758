"""Single judgements of a bundle, a question a file; each answers with a JSON-able dictionary."""

"""What the published clients rely on, as lists of words: paths, parameters, fields of bodies and answers."""

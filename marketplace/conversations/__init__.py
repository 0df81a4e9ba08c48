"""Messages: customers ask sellers, everybody asks the operators; disputes stand in the same inbox."""

"""Monthly statements: a period closed, frozen, rendered, stored."""

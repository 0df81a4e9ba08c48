"""The pages: a customer's and a seller's, of the same parts."""

"""The seller's pages about money."""

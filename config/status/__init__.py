"""The status page: what is measured (checks), in which words (words), and where it is shown (views)."""

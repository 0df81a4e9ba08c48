"""Files that hang on messages: which ones are taken, where they lie, how they are handed out."""

"""Users, and the adapter that teaches allauth about teams."""

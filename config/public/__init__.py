"""The pages about the marketplace itself: prices explained (examples), the terms (legal), what search engines read."""

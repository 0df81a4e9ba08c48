"""What sellers offer and what customers enroll in."""

"""What a newcomer looks at: a catalogue to sell and a provider behind it."""

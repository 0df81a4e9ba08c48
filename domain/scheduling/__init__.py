"""When calls for later are due: cadences, daylight saving time, what was missed, and whether an answer is as expected."""

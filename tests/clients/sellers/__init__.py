"""What the sellers' published package can do, against the same running marketplace.

shop: a new seller and what they sell. calls: every method. commands: every command. test_workflow,
test_activation: from the files to the earnings.
"""

"""Monthly statements: a period closed, frozen, rendered, stored.

models      statements, their lines and files; billing details; the counter of numbers
contents    what a statement says, frozen or "so far", as one value that every format is made of
gathering   reads what a month's statement will say, before it is frozen
cents       how exact amounts become cents that add up
invoice     the electronic invoice (Factur-X); pdf: the printed page; tables: CSV and JSON
services    closing, rendering, mail, billing details
"""

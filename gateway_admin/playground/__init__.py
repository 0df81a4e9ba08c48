"""The playground: calls that a customer writes into a form and makes through the gateway, as any client's.

`drafts` is what the form holds and where it comes from, `targets` where a service is called, `estimates` what a call
would do and cost, `making` the token and the request, `wire` the connection to the gateway, `reading` what a browser is
told of an answer as it comes, `history` the calls made before.
"""

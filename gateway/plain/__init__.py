"""The short way of the plain call: from the parser to the upstream and back in callbacks, without a task.

A call is plain when everything that it needs is in memory and nothing has to be waited for but the upstream: one
service, no wrappers, no transformers and limits, money in the lease, a connection that is open. Every other call, and
each that turns out to be more on its way, takes the general way, `pipeline` and `exchange`.

`plans` and `repeats`: what is remembered of a call; `call`: the call itself, and its answer when that comes whole, in
one read; `flow`: an answer that comes in pieces; `way_back`: what they ask of the door. None of them decides anything:
both ways ask the same steps, count with `tally`, keep their books with `settling` and pass pieces on by `passing`.
"""

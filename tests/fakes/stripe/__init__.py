"""A Stripe of our own: the endpoints that we use, with its rules, its hosted pages and its webhooks. It moves no money.

    tables  clock        what it remembers, and what time it thinks it is
    world                tables, clock, events and webhooks together: what an endpoint works on
    params  errors       a request's form in, Stripe's error bodies out
    routing  resources/  one file for each resource: how an object looks, and the endpoints that change it
    books                the balance, line by line
    cards                the magic numbers and `pm_card_*` tokens, and what each does
    idempotency          the same key gives the same answer; another body under it is refused
    faults               answers that come late, wrong or not at all
    webhooks             signed notices: in order, or late, twice, shuffled, lost, forged
    pages/               what people see: checkout, card portal, 3-D Secure, onboarding, an index
    server               HTTP on a free port of 127.0.0.1
    fake                 all of it, with the controls of the tests
    fixtures             `stripe` and `stripe_processor` for pytest

`python -m tests.fakes.stripe` runs it as a process. Only the standard library is needed.
Its objects are held against the types of Stripe's own library in `test_shapes.py`.
"""

"""Forms out of JSON Schemas, and JSON out of what such a form posts. Pure: no HTML, no requests.

`shapes` reads a schema and its ui schema, `fields` makes the tree of controls that a page shows for a value, `posted`
turns a posted form back into the value. A value that is valid under the schema comes back unchanged.
"""

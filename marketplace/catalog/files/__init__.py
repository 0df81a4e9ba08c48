"""Seller files: read, normalise, validate; every problem named with its path and its mend. Pure: no database.

    reading      a folder of JSON and TOML files -> Catalog of ServiceBundles, groups, promotions, the seller
    service      validate_service: provider, offering and listing together -> Checked
    groups, promotions, sellers   validate_group, validate_promotion, validate_seller -> CheckedFile
    parameters   the JSON Schema of a customer's parameters: made safe, values checked, defaults filled
    hashing      whether two uploads say the same; the key of a blob
    vocabulary   closed lists of words, and the words that answers use
    problems     Problem: part, path, sentence, machine word

Inside: `normalise` (with `legacy_interfaces`, `legacy_templates`) turns older names and shapes into the current form,
then one file per kind of object checks it: provider, offering, channels, interfaces, listing, documents, rate_limits,
access_requests, prices, templates. `fields` holds the checks of single values.
"""

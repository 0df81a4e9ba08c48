"""What holds on every page.

Who sees it is found out by asking (census), its markup is read (markup), what htmx puts into it is compared with a
reload (fragments), and it is shown in a browser (screen, server), looked at (sights) and used by keys alone (keys).
SCREENSHOTS names a folder that keeps a picture of each in the dark, wide and narrow.
"""

"""Programs that set the portal up, run it and check it; the Makefile calls them."""

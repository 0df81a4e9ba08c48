"""Collections: groups of services that a customer puts together, called as one."""

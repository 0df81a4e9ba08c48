"""Teams of customers and sellers, memberships, roles, switching."""

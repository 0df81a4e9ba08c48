"""Login through an identity provider (OpenID Connect, such as Keycloak), and logout that reaches both sides."""

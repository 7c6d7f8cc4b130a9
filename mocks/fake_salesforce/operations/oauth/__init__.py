"""OAuth 2.0 as the vendor plays it: authorize, the grants of the token endpoint, revoke, introspect, OpenID."""

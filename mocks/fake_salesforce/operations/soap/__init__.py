"""The SOAP API, partner and enterprise: a thin layer of XML over the operations that REST has."""

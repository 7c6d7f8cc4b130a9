"""What the API does: values in, values out. No Flask here."""

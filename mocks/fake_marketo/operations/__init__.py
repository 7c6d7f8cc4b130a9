"""What the stand-in does: values in, values out. No Flask here."""

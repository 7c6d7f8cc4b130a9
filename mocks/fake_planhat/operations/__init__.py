"""What the API does, without HTTP: values in, values out. May import models, store and tenant; no Flask."""

"""Parts of the Providers screen: what is known, how it is shown, forms, keys, tests, models."""

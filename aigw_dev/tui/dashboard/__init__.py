"""The Dashboard screen's parts: what is asked, what it means, how it is said and drawn."""

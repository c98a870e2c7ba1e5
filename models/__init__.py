"""Networks, weights, engine and trainer of Scumble. The only place with torch."""

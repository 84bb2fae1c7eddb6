"""The fit: it trains a model on one photograph, with torch."""

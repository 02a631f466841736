"""Weights, estimates, comparisons, models, nonresponse, waves and power: tidy tables of numbers with errors."""

"""A survey made from what another program kept of it: questions, answers, and what could not be carried over."""

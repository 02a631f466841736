"""What is special about this study: municipalities, published figures, claims and verdicts, the simulation."""

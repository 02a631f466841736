"""Answers in from any file, with every fault told; collected, and exported again."""

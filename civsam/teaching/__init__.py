"""Lessons, exercises and their answers, and the grading of a class."""

"""A survey: answers, questionnaire, frame and design, validated, immutable, with provenance."""

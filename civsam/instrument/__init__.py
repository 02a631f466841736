"""The questionnaire: what may be asked and answered, who is asked, and the forms made of it."""

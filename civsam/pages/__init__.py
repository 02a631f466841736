"""The one door through which results reach a reader: tables, figures, sentences, downloads."""

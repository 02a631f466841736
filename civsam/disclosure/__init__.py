"""What may leave the house: which numbers of collected answers may be shown."""

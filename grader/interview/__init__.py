"""The interview about a scored submission: the bank's questions, which of them to ask, and how they are shown."""

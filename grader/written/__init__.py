"""Written answers: questions with their mark schemes, and what candidates wrote, from a notebook or a text."""

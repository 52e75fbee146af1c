"""What candidates use at home: the working folder, the public tests, and the file to hand in."""

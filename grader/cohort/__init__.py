"""What a whole round tells: of the submissions, and of the suite that scored them."""

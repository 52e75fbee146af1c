"""What staff give out: the packet for candidates, made of a bank's public half and proved to hold nothing else."""

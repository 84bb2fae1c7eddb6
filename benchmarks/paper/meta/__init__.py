"""Start weights for the paper's model, learned from many crops (Reptile), and their layouts."""

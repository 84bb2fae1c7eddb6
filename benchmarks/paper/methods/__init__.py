"""One module for each family of methods; each has ``methods()``, in the order of the paper's table."""

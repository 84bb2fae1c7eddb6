"""The fit of the grid model on the CPU, without torch: in machine code built ahead, or by numpy."""

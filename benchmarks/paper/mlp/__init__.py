"""The paper's network in every size and with every input: its layout, its samples, its training, its expansion."""

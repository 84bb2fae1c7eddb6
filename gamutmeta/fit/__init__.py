"""The torch engine that fits a model to one photograph: the only importer of torch."""

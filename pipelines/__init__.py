"""What we believe: one module per stage, in the order of ITEM_PIPELINES."""

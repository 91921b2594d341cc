"""What the owner decides: the model, its layers and their origin."""

"""Programs that are known to be right, and programs that are wrong in one way each: what verifiers are measured on."""

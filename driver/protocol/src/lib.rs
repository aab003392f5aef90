//! What crosses the link between host and card: registers, descriptors, completions, word formats.

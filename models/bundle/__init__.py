"""The file format of a model: manifest, signature, checks of the graph, and running it in time."""

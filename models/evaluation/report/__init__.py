"""The evaluation as a page: charts, plain words and every figure in one file that opens anywhere."""

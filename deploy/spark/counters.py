"""What ``spark-submit`` is given: the counters of a chain, by the SQL of ``models/out_of_core``. See docs/scale.md."""  # noqa: INP001  # a script

from models.out_of_core.spark import main

main()

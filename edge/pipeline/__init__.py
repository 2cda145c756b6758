"""A message becomes what screens show: intake, handlers, executor, delivery – and the jobs that run without one."""

"""What every HTTP route shares: who may call, sizes, problems, streams and the published contract."""

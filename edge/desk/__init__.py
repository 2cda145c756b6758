"""What people ask the store about itself: the glance, the records, their rights, and who the devices are."""

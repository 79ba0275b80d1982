"""The process that does one job, and the job as its task sees it."""

-- Folds the log into the database file, so that one file holds everything.
checkpoint

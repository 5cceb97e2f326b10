"""Moving in and out: the original's data and files of users, decided row by row, then acted upon."""

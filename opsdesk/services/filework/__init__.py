"""Files on their way in and out of the data folder: their names, what they are, and the threads that read them."""

"""The import page: a file is looked over, mapped, tried and brought in, all in one place and never modal."""

"""The central server: it orders changes, keeps them, and shows each person what that person may see."""

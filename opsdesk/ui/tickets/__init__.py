"""The screens of tickets."""

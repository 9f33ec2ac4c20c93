"""From core values to what the components draw: the same numbers under the names of the screen."""

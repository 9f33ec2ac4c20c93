"""The views of a page, one file each: they draw what `views` makes of the library's values."""

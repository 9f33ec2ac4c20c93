"""What is on screen as files: tables, arrays, pictures, a handout, a program and all of it as one.

Each export is a pure function of `Contents`, computed when a file is asked for and not before.
"""
